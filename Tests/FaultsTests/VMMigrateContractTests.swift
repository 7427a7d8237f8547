import FoundationEssentials
import Glibc
import HostTesting
import Linux
import Scenario
import Testing
import ToolTesting

@testable import Faults

/// All acts of `vm.migrate`, with the real programs of Pacemaker on a configuration in a file (CIB_file), and libvirt's test
/// driver. crm_simulate, Pacemaker's own decision, shows what the cluster would do.
@Suite(
  .enabled(
    if: getuid() == 0
      && TestTools.have(
        ["cibadmin", "crm_mon", "crm_node", "crm_resource", "crm_simulate"].map { "/usr/sbin/\($0)" }),
    "needs root, pacemaker and pacemaker-cli-utils"))
struct VMMigrateContractTests {
  /// Three nodes; the resource `web` runs the domain `test` on falco.
  private struct Cluster {
    let folder: String

    var file: String { "\(folder)/cib.xml" }
    private var environment: [String: String] {
      // crm_node(8) returns this name instead of asking the cluster.
      ToolEnvironment.bare.merging([
        "CIB_file": file, "OCF_RESKEY_CRM_meta_on_node": "falco",
      ]) { $1 }
    }
    var instruments: Instruments {
      let instruments = Instruments(hypervisorURI: "test:///default")
      instruments.pacemaker = PacemakerClient(environment: environment)
      return instruments
    }

    /// - Parameter changes: what differs from the working configuration, as texts and their replacements.
    static func run(_ changes: [(String, String)] = [], _ body: (Cluster) throws -> Void) throws {
      try withTemporaryFolder { folder in
        let cluster = Cluster(folder: folder)
        let texts = [
          "cib.xml": Self.configuration.replacing("FOLDER", with: folder),
          "test.xml": "<domain type='test'>\n  <name>test</name>\n</domain>\n",
          "other.xml": "<domain type='test'>\n  <name>test2</name>\n</domain>\n",
        ]
        for (name, text) in texts {
          let text = changes.reduce(text) { $0.replacing($1.0, with: $1.1) }
          try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)")
        }
        try body(cluster)
      }
    }

    func tool(_ command: String...) throws -> ProcessOutcome {
      try ChildProcess.run(command, environment: environment)
    }

    /// What Pacemaker would do with the resource: `Migrate web ( falco -> defiant )`; nil if it would not migrate it.
    func migration(after seconds: Int64 = 0) throws -> String? {
      var time = time_t(Clock.realtime.now / 1_000_000_000 + seconds)
      var parts = tm()
      gmtime_r(&time, &parts)
      var text = [CChar](repeating: 0, count: 64)
      _ = strftime(&text, text.count, "%Y-%m-%d %H:%M:%SZ", &parts)
      let now = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let shown = try tool("crm_simulate", "--xml-file", file, "--simulate", "--set-datetime", now).outputText
      try #require(shown.contains("Transition Summary"), "\(shown)")
      let line = shown.split(separator: "\n").first { $0.contains(" Migrate ") }
      return line.map { $0.split(separator: " ").drop { $0 != "Migrate" }.prefix(6).joined(separator: " ") }
    }

    func constraints() throws -> String {
      try tool("cibadmin", "--query", "--scope", "constraints").success()
    }

    private static let configuration = """
      <cib crm_feature_set="3.0.14" validate-with="pacemaker-3.0" epoch="1" num_updates="0" admin_epoch="0" \
      have-quorum="1" dc-uuid="1">
        <configuration>
          <crm_config>
            <cluster_property_set id="options">
              <nvpair id="fencing" name="stonith-enabled" value="false"/>
              <nvpair id="maintenance" name="maintenance-mode" value="false"/>
            </cluster_property_set>
          </crm_config>
          <nodes>
            <node id="1" uname="falco"/>
            <node id="2" uname="excelsior"/>
            <node id="3" uname="defiant"/>
          </nodes>
          <resources>
            <primitive id="web" class="ocf" provider="heartbeat" type="VirtualDomain">
              <instance_attributes id="web-parameters">
                <nvpair id="web-config" name="config" value="FOLDER/test.xml"/>
              </instance_attributes>
              <meta_attributes id="web-meta">
                <nvpair id="web-migrates" name="allow-migrate" value="true"/>
              </meta_attributes>
            </primitive>
          </resources>
          <constraints>
            <rsc_location id="users-own" rsc="web" node="falco" score="50"/>
          </constraints>
        </configuration>
        <status>
          <node_state id="1" uname="falco" in_ccm="true" crmd="online" join="member" expected="member">
            <lrm id="1">
              <lrm_resources>
                <lrm_resource id="web" type="VirtualDomain" class="ocf" provider="heartbeat">
                  <lrm_rsc_op id="web_last_0" operation_key="web_start_0" operation="start" \
      crm_feature_set="3.0.14" transition-key="5:1:0:abc" transition-magic="0:0;5:1:0:abc" call-id="10" \
      rc-code="0" op-status="0" interval="0" on_node="falco"/>
                </lrm_resource>
              </lrm_resources>
            </lrm>
          </node_state>
          <node_state id="2" uname="excelsior" in_ccm="true" crmd="online" join="member" expected="member">
            <lrm id="2"><lrm_resources/></lrm>
          </node_state>
          <node_state id="3" uname="defiant" in_ccm="true" crmd="online" join="member" expected="member">
            <lrm id="3"><lrm_resources/></lrm>
          </node_state>
        </status>
      </cib>

      """
  }

  /// A step on the fleet's host falco.
  private static func migrate(
    _ parameters: [String: String] = [:], resource: String? = "web"
  ) throws(StepRefused) -> FaultOrder {
    var given = parameters.mapValues { ParameterValue.text($0) }
    if let resource { given["resource"] = .text(resource) }
    let step = Step(
      name: "step-1", trigger: .at(.zero), fault: "vm.migrate", target: .vm("web"), duration: .seconds(60),
      parameters: given)
    let hosts = [
      Fleet.Host(name: "falco", ssh: "root@falco", links: [:]),
      Fleet.Host(name: "kvm2", ssh: "root@10.0.0.2", links: [:], aliases: ["excelsior"]),
      Fleet.Host(name: "kvm9", ssh: "root@10.0.0.9", links: [:]),
    ]
    let fleet = Fleet(name: "tdf", hosts: hosts, vms: [.init(name: "web", domain: "test")])
    return try Catalogue.order(for: step, on: hosts[0], in: fleet)
  }

  @Test("The plan shows where the machine must go, what is touched, and what stays without Murphy")
  func words() throws {
    let fault = try Self.migrate().fault
    #expect(fault.object == "test (to any other host)" && fault.reversal == .restore && fault.isByDaemon)
    #expect(fault.footprint == [Resource(.domain, "test"), Resource(.clusterResource, "web")])
    #expect(
      Resource.Kind.clusterResource.policyKey == "cluster" && Resource.Kind.clusterResource.outlivesBoot)
    let end = fault.kernelRevert
    guard case .survivesBoot = end else { throw NeverHappened("a boot doesn't end it: \(end)") }
    #expect(try Self.migrate(["to": "kvm2"]).fault.object == "test (to kvm2)")
    // Without a name, the resource is named as the domain.
    #expect(
      try Self.migrate(resource: nil).fault.footprint == [
        Resource(.domain, "test"), Resource(.clusterResource, "test"),
      ])
  }

  @Test(
    "A host that the fleet lacks, and a name that would change the query, are refused with their parameter")
  func steps() throws {
    let host = try #require(throws: StepRefused.self) { try Self.migrate(["to": "voyager"]) }
    #expect(host.parameters == ["to"])
    for name in ["", "-f", "web' or '1'='1", "a/b", "web\""] {
      let refusal = try #require(throws: StepRefused.self) { try Self.migrate(resource: name) }
      #expect(refusal.parameters == ["resource"])
    }
  }

  @Test("Pacemaker would migrate the machine during the fault, and not before or after it")
  func lifecycle() throws {
    try Cluster.run { cluster in
      let before = try cluster.constraints()
      let contract = try Contract(try Self.migrate(), using: { cluster.instruments })
      try contract.prepare()
      #expect(try cluster.migration() == nil)
      try contract.inject()
      let evidence = try #require(try contract.effect())
      #expect(evidence.contains("murphy-a1: web must run on another node than falco"))
      let migration = try #require(try cluster.migration())
      #expect(migration.hasPrefix("Migrate web ( falco -> "))
      #expect(try contract.residue().count == 1)
      try contract.revert()
      #expect(try contract.end()?.contains("lacks the constraint murphy-a1") == true)
      #expect(try cluster.migration() == nil)
      #expect(try cluster.constraints() == before, "the user's own constraint stays")
    }
  }

  @Test("The machine goes to the host that the step names, by the name that this host has in the cluster")
  func destination() throws {
    try Cluster.run { cluster in
      let contract = try Contract(try Self.migrate(["to": "kvm2"]), using: { cluster.instruments })
      try contract.prepare()
      try contract.inject()
      #expect(try contract.effect()?.contains("web must run on excelsior") == true)
      #expect(try cluster.migration() == "Migrate web ( falco -> excelsior")
      try contract.revert()
      #expect(try cluster.migration() == nil)
    }
  }

  @Test("A machine that no other node can run stays, and isn't stopped")
  func nowhereElse() throws {
    let standby =
      #"><instance_attributes id="NODE-a"><nvpair id="NODE-s" name="standby" value="on"/></instance_attributes>"#
    let others = ["excelsior", "defiant"].map { name in
      ("uname=\"\(name)\"/>", "uname=\"\(name)\"" + standby.replacing("NODE", with: name) + "</node>")
    }
    try Cluster.run(others) { cluster in
      let contract = try Contract(try Self.migrate(), using: { cluster.instruments })
      try contract.inject()
      #expect(try contract.effect() != nil)
      #expect(try cluster.migration() == nil)
      let shown = try cluster.tool("crm_simulate", "--xml-file", cluster.file, "--simulate").success()
      #expect(!shown.contains("* Stop ") && !shown.contains("* Move "), "\(shown)")
      try contract.revert()
    }
  }

  @Test("In a cluster of permitted nodes, only a named host is accepted")
  func optIn() throws {
    let change = ("name=\"maintenance-mode\"", "name=\"symmetric-cluster\"")
    try Cluster.run([change]) { cluster in
      let missing = try Self.migrate().fault.missing(using: cluster.instruments)
      #expect(missing == ["domain test: \(MigrationRefused.optIn)"])
      #expect(try Self.migrate(["to": "kvm2"]).fault.missing(using: cluster.instruments) == [])
    }
  }

  @Test("Without any process of Murphy, Pacemaker ignores the constraint soon after the lease")
  func expires() throws {
    try Cluster.run { cluster in
      let contract = try Contract(try Self.migrate(), using: { cluster.instruments })
      try contract.inject()
      #expect(try cluster.migration(after: 55) != nil, "the lease of 60 s is not over")
      #expect(try cluster.migration(after: 3600) == nil)
      try contract.revert()
    }
  }

  @Test("A constraint that another program removes or changes has ended the fault", arguments: [true, false])
  func ended(isRemoved: Bool) throws {
    try Cluster.run { cluster in
      let contract = try Contract(try Self.migrate(), using: { cluster.instruments })
      try contract.inject()
      let name = "murphy-a1"
      let outcome =
        isRemoved
        ? try cluster.tool("cibadmin", "--delete", "--xpath", "//rsc_location[@id='\(name)']")
        : try cluster.tool("cibadmin", "--modify", "--xml-text", "<rule id='\(name)-rule' score='-10'/>")
      _ = try outcome.success()
      #expect(try contract.end()?.contains("lacks the constraint") == true)
      try contract.revert()
      #expect(try !cluster.constraints().contains(name))
    }
  }

  @Test("Two leases have their own constraints, and each revert removes its own")
  func twice() throws {
    try Cluster.run { cluster in
      let first = try Contract(try Self.migrate(), using: { cluster.instruments })
      let second = try Contract(try Self.migrate(["to": "kvm2"]), named: "a2", using: { cluster.instruments })
      try first.inject()
      try second.inject()
      try first.revert()
      #expect(try first.effect() == nil)
      #expect(try second.effect() != nil)
      #expect(try cluster.migration() == "Migrate web ( falco -> excelsior")
      try second.revert()
    }
  }

  @Test(
    "A machine that Pacemaker would not migrate from here is refused",
    arguments: [
      ("allow-migrate\" value=\"true", "allow-migrate\" value=\"false", .notLive("web")),
      ("/test.xml\"", "/other.xml\"", .otherDomain("web", "test")),
      ("name=\"config\"", "name=\"uri\"", .otherDomain("web", "test")),
      ("maintenance-mode\" value=\"false", "maintenance-mode\" value=\"true", .unmanaged("web")),
      ("\"web\"", "\"mail\"", .noResource("web")),
      ("falco", "voyager", .elsewhere("web", nodes: ["voyager"], here: "falco")),
    ] as [(String, String, MigrationRefused)])
  func refused(text: String, replacement: String, reason: MigrationRefused) throws {
    try Cluster.run([(text, replacement)]) { cluster in
      let order = try Self.migrate()
      #expect(order.fault.missing(using: cluster.instruments) == ["domain test: \(reason)"])
      #expect(throws: reason) { try order.snapshot(for: "a1", using: cluster.instruments) }
    }
  }

  @Test("A destination that the cluster lacks, or where the machine runs already, is refused")
  func wrongDestination() throws {
    try Cluster.run { cluster in
      for (host, reason) in [
        ("kvm9", MigrationRefused.noNode(["kvm9", "10.0.0.9"])), ("falco", .there("test", "falco")),
      ] {
        let order = try Self.migrate(["to": host])
        #expect(order.fault.missing(using: cluster.instruments) == ["domain test: \(reason)"])
      }
    }
  }

  @Test("A configuration that can't be read is unknown, and nothing counts as reverted")
  func unreadable() throws {
    try Cluster.run { cluster in
      let contract = try Contract(try Self.migrate(), using: { cluster.instruments })
      try contract.inject()
      let whole = try DurableFile.read(cluster.file)
      try DurableFile.write(Array("no configuration\n".utf8), to: cluster.file)
      #expect(throws: ProcessFailure.self) { try contract.effect() }
      #expect(throws: ProcessFailure.self) { try contract.residue() }
      #expect(throws: ProcessFailure.self) {
        try contract.order.revert(contract.undo, using: cluster.instruments)
      }
      try DurableFile.write(whole, to: cluster.file)
      #expect(try contract.effect() != nil)
      try contract.revert()
    }
  }
}
