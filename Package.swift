// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "murphy",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // Ground floor: C libraries and shims, no logic.
    .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt", providers: [.apt(["libvirt-dev"])]),
    .systemLibrary(
      name: "CNetlink", pkgConfig: "libnl-route-3.0",
      providers: [.apt(["libnl-3-dev", "libnl-route-3-dev"])]),
    .systemLibrary(name: "CNftables", pkgConfig: "libnftables", providers: [.apt(["libnftables-dev"])]),
    .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CAres", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
    .systemLibrary(name: "CDigest", pkgConfig: "libmd", providers: [.apt(["libmd-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .target(name: "CLinux"),

    // Typed handles and errors, one library each.
    .target(name: "Digest", dependencies: ["CDigest"], swiftSettings: strict),
    .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "Libvirt", dependencies: ["CLibvirt", "CXML"], swiftSettings: strict),
    .target(name: "Netlink", dependencies: ["CNetlink"], swiftSettings: strict),
    .target(name: "Nftables", dependencies: ["CNftables"], swiftSettings: strict),

    // Values: fleet and scenario; events and samples.
    .target(name: "Scenario", swiftSettings: strict),
    // When a scenario is run: calendars, time zones, and what a schedule decides.
    .target(name: "Schedule", dependencies: ["Scenario"], swiftSettings: strict),
    .target(name: "Journal", dependencies: ["Scenario"], swiftSettings: strict),

    // The messages between controller and agent; the leases of an agent as a value.
    .target(name: "AgentProtocol", dependencies: ["Scenario", "Journal"], swiftSettings: strict),
    .target(name: "Leases", dependencies: ["Scenario", "Journal", "AgentProtocol"], swiftSettings: strict),

    // What parts of the platform believe: readers of their tools' output.
    .target(name: "Views", dependencies: ["CXML", "Linux", "Scenario", "Journal"], swiftSettings: strict),

    // The open-loop prober, and the kinds of probes.
    .target(
      name: "Probes",
      dependencies: [
        "CAres", "CCurl", "CLinux", "Linux", "Scenario", "Journal",
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      swiftSettings: strict),

    // The channels of a schedule's notices.
    .target(
      name: "Notify", dependencies: ["CCurl", "Digest", "Linux", "Scenario", "Schedule"],
      swiftSettings: strict),

    // Strict readers of the users' files.
    .target(
      name: "Files",
      dependencies: [
        "Scenario", "Schedule", "Journal", "Views", "Probes", "Notify",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),

    // The catalogue of faults.
    .target(
      name: "Faults", dependencies: ["Linux", "Libvirt", "Netlink", "Nftables", "Scenario"],
      swiftSettings: strict),

    // Leases and watchdog on a host; the state machine of a run.
    .target(
      name: "Agent",
      dependencies: [
        "CLinux", "Linux", "Libvirt", "Netlink", "Nftables", "Scenario", "Journal", "AgentProtocol", "Leases",
        "Faults", "Views",
      ],
      swiftSettings: strict),
    .target(
      name: "Conductor", dependencies: ["Scenario", "Journal", "AgentProtocol"],
      swiftSettings: strict),

    // Exact tests and intervals for values of which only bounds are known.
    .target(name: "Statistics", dependencies: ["Scenario"], swiftSettings: strict),

    // What people add to a run's folder, and the proof that it was not changed since.
    .target(name: "Evidence", dependencies: ["Digest", "Linux"], swiftSettings: strict),

    // Pure functions of a journal.
    .target(name: "Metrics", dependencies: ["Scenario", "Journal", "Views"], swiftSettings: strict),
    .target(
      name: "Comparison", dependencies: ["Scenario", "Journal", "Metrics", "Statistics"],
      swiftSettings: strict),
    .target(
      name: "History", dependencies: ["Scenario", "Journal", "Metrics", "Statistics", "Comparison"],
      swiftSettings: strict),
    .target(
      name: "Reports",
      dependencies: [
        "Digest", "Scenario", "Journal", "Metrics", "Statistics", "Comparison", "History", "Views",
        "Evidence",
        .product(name: "Mustache", package: "swift-mustache"),
      ], swiftSettings: strict),

    // The I/O around the conductor; the rehearsal platform, and the append service that its guest runs.
    .target(
      name: "Runner",
      dependencies: [
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
        "Digest", "Linux", "Scenario", "Journal", "AgentProtocol", "Views", "Probes", "Conductor",
      ],
      swiftSettings: strict),
    // The records of many runs, in SQLite or PostgreSQL.
    .target(
      name: "RunIndex",
      dependencies: [
        "Digest", "CPostgres", "Linux", "Scenario", "Journal", "Metrics", "Statistics", "Comparison",
        "History", "Runner", .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: strict),
    .target(
      name: "Lab", dependencies: ["Linux", "Scenario"], swiftSettings: strict),
    .executableTarget(
      name: "GuestAppend", linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),

    .target(
      name: "MurphyCommands",
      dependencies: [
        "Linux", "Libvirt", "Netlink", "Scenario", "Journal", "AgentProtocol", "Files", "Faults", "Agent",
        "Conductor",
        "Metrics", "Comparison", "History", "Evidence", "Probes", "Reports", "Runner", "RunIndex", "Schedule",
        "Views", "Notify",
        "Lab", "Leases", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    .executableTarget(name: "murphy", dependencies: ["MurphyCommands"], swiftSettings: strict),
    .executableTarget(name: "murphy-agent", dependencies: ["Agent", "AgentProtocol"], swiftSettings: strict),
    // The real agent in temporary namespaces, for bench and torture.
    .target(
      name: "IsolatedHost",
      dependencies: ["Linux", "Netlink", "Scenario", "Journal", "AgentProtocol", "Agent"],
      swiftSettings: strict),
    .executableTarget(
      name: "murphy-bench",
      dependencies: [
        "CLinux", "Linux", "Netlink", "Nftables", "Scenario", "Journal", "AgentProtocol", "Faults", "Agent",
        "Probes", "Metrics", "Statistics", "IsolatedHost",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    .target(name: "CTrace"),
    .executableTarget(
      name: "murphy-torture",
      dependencies: [
        "CLinux", "CTrace", "Linux", "Libvirt", "Netlink", "Nftables", "Scenario", "Journal", "AgentProtocol",
        "Leases", "Faults", "Agent", "Conductor", "IsolatedHost", "Lab",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),

    // The conductor and the agents' lease tables in virtual time, against a seeded adversary.
    .target(
      name: "Simulation",
      dependencies: [
        "Digest", "Scenario", "Journal", "AgentProtocol", "Leases", "Conductor", "Runner", "Views",
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "murphy-simulate",
      dependencies: [
        "Linux", "Faults", "Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),

    // Shared by tests: temporary network namespaces, and the products built beside them.
    .target(
      name: "NamespaceTesting", dependencies: ["CLinux", "Linux"], path: "Tests/NamespaceTesting",
      swiftSettings: strict),
    .target(name: "ProductTesting", path: "Tests/ProductTesting", swiftSettings: strict),
    // Whether tests that need other packages' programs run.
    .target(name: "ToolTesting", path: "Tests/ToolTesting", swiftSettings: strict),
    .testTarget(
      name: "StatisticsTests", dependencies: ["Scenario", "Statistics"], exclude: ["Oracles"],
      swiftSettings: strict),
    .testTarget(name: "ScenarioTests", dependencies: ["Scenario"], swiftSettings: strict),
    // A schedule's controller in virtual time.
    .target(
      name: "ScheduleTesting", dependencies: ["Schedule", "Files"], path: "Tests/ScheduleTesting",
      swiftSettings: strict),
    .testTarget(
      name: "ScheduleTests",
      dependencies: ["ToolTesting", "ScheduleTesting", "Linux", "Scenario", "Schedule", "Files"],
      swiftSettings: strict),
    .testTarget(name: "EvidenceTests", dependencies: ["Digest", "Evidence", "Linux"], swiftSettings: strict),
    .testTarget(
      name: "LeasesTests", dependencies: ["Scenario", "Journal", "AgentProtocol", "Leases"],
      swiftSettings: strict),
    .testTarget(name: "JournalTests", dependencies: ["Scenario", "Journal"], swiftSettings: strict),
    .testTarget(
      name: "ProbesTests",
      dependencies: [
        "CCurl", "CLinux", "Linux", "Netlink", "Scenario", "Journal", "Probes", "Metrics", "Reports",
        "murphy-bench",
        "NamespaceTesting", "ProductTesting",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ViewsTests",
      dependencies: ["ToolTesting", "Linux", "Scenario", "Journal", "Views", "Probes", "NamespaceTesting"],
      swiftSettings: strict),
    .testTarget(
      name: "ConductorTests",
      dependencies: [
        "Scenario", "Journal", "Metrics", "Faults", "AgentProtocol", "Leases", "Agent", "Conductor", "Views",
        "Runner", "Simulation",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RunnerTests",
      dependencies: [
        "ToolTesting", "NamespaceTesting", "Linux", "Scenario", "Journal", "AgentProtocol", "Leases", "Agent",
        "Views", "Runner",
      ],
      swiftSettings: strict),
    // Runs the built program, as users do.
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "ToolTesting", "ScheduleTesting", "Linux", "Scenario", "Schedule", "Faults", "Journal",
        "AgentProtocol", "Views", "Probes", "Notify", "MurphyCommands",
        "murphy", "murphy-bench", "murphy-simulate", "murphy-torture",
        "HostTesting", "ProductTesting", "IsolatedHost", "NamespaceTesting", "Netlink",
      ],
      swiftSettings: strict),
    // Parts of a host for tests: its network in a namespace, with traffic; folders; faults.
    .target(
      name: "HostTesting", dependencies: ["Linux", "Netlink", "Scenario", "Faults"],
      path: "Tests/HostTesting", swiftSettings: strict),
    .testTarget(name: "LinuxTests", dependencies: ["Linux", "HostTesting"], swiftSettings: strict),
    .testTarget(
      name: "FaultsTests",
      dependencies: [
        "ToolTesting", "Linux", "Libvirt", "Netlink", "Nftables", "Scenario", "Faults", "IsolatedHost",
        "HostTesting",
        "NamespaceTesting",
      ], swiftSettings: strict),
    .testTarget(
      name: "AgentTests",
      dependencies: [
        "ToolTesting", "Linux", "Libvirt", "Netlink", "Nftables", "Scenario", "Journal", "Faults",
        "AgentProtocol", "Leases",
        "Agent", "IsolatedHost", "HostTesting", "NamespaceTesting", "ProductTesting",
      ], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Linux", "Scenario", "Faults", "Conductor", "Simulation", "murphy-simulate", "ProductTesting",
      ],
      exclude: ["Planted"],
      swiftSettings: strict),
    // Stacked links in a virtual machine, whose kernel has all modules.
    .testTarget(
      name: "GuestTests",
      dependencies: [
        "ToolTesting", "Linux", "Scenario", "Journal", "Faults", "AgentProtocol", "Leases", "Agent",
        "IsolatedHost", "Lab",
        "NamespaceTesting",
        "ProductTesting",
      ], exclude: ["Image"], swiftSettings: strict),
    .testTarget(
      name: "LibvirtTests",
      dependencies: ["ToolTesting", "Linux", "Libvirt", "Scenario", "Journal", "Views"],
      swiftSettings: strict),
    .testTarget(name: "NetlinkTests", dependencies: ["Netlink", "NamespaceTesting"], swiftSettings: strict),
    .testTarget(
      name: "NftablesTests", dependencies: ["Netlink", "Nftables", "NamespaceTesting"],
      swiftSettings: strict),
    .testTarget(
      name: "FilesTests",
      dependencies: [
        "ToolTesting", "Linux", "Files", "Scenario", "Views", .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "MetricsTests", dependencies: ["Metrics", "Scenario", "Journal", "Views"], swiftSettings: strict),
    .testTarget(
      name: "ComparisonTests",
      dependencies: ["Comparison", "History", "Statistics", "Metrics", "Scenario", "Journal", "Reports"],
      swiftSettings: strict),
    .testTarget(
      name: "HistoryTests",
      dependencies: [
        "ToolTesting", "Linux", "History", "Comparison", "Statistics", "Metrics", "Scenario", "Reports",
        "HostTesting",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RunIndexTests", dependencies: ["ToolTesting", "Linux", "History", "RunIndex", "HostTesting"],
      swiftSettings: strict),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "ToolTesting", "Linux", "Reports", "Metrics", "Scenario", "Journal", "Views", "Evidence",
        "HostTesting", "Comparison", "History", "Statistics",
      ],
      exclude: ["Formats", "Golden", "junit.xsd"], swiftSettings: strict),
    // The page in a real browser.
    .testTarget(
      name: "BrowserTests", dependencies: ["ToolTesting", "Linux", "Scenario", "ProductTesting", "murphy"],
      swiftSettings: strict),
    .testTarget(
      name: "TortureTests",
      dependencies: ["ToolTesting", "Linux", "Scenario", "Faults", "ProductTesting", "murphy-torture"],
      swiftSettings: strict),
    // Readers of untrusted input, and invalid input for them.
    .target(
      name: "HostileInput",
      dependencies: [
        "Digest", "Linux", "Scenario", "Schedule", "Journal", "Files", "Faults", "Probes", "AgentProtocol",
        "Leases",
        "Agent", "Metrics", "Comparison", "History", "Evidence", "Reports", "Views",
      ],
      path: "Tests/HostileInput", swiftSettings: strict),
    .testTarget(
      name: "HostileInputTests", dependencies: ["HostileInput", "Scenario", "Views"], swiftSettings: strict),
    .testTarget(
      name: "LabTests", dependencies: ["Lab", "Linux", "ProductTesting", "Scenario", "ToolTesting"],
      swiftSettings: strict),
    .testTarget(
      name: "DrillTests",
      dependencies: ["ToolTesting", "Journal", "Lab", "Linux", "ProductTesting", "Runner", "Scenario"],
      swiftSettings: strict),
  ]
)

// What `make fuzz` runs. It needs libFuzzer's runtime, which is only linked with -sanitize=fuzzer.
if Context.environment["MURPHY_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "murphy-fuzz", dependencies: ["Linux", "HostileInput"], swiftSettings: strict))
}
