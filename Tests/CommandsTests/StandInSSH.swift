import AgentProtocol
import Linux
import Testing

/// A fleet of three hosts whose ssh is a shell script.
enum StandInSSH {
  static let fleet = """
    fleet: tdf
    networks:
      external: {role: service, cidr: 10.77.2.0/24}
    hosts:
      dauntless: {ssh: root@dauntless, links: {external: eth0}}
      excelsior: {ssh: root@excelsior, links: {external: eth0}}
      falco: {ssh: root@falco, links: {external: eth0}}
    quorum: 2
    probes:
      website: {http: "http://10.77.2.101/", every: 1s}

    """

  static let scenario = """
    scenario: unplug
    title: One host loses every cable
    steady: {for: 10s, probes: [website]}
    timeline:
      - {at: 0s, fault: host.unplug, target: {host: falco}, for: 90s}
    recovery: {stable: 10s, no-progress: 5m, cap: 30m}

    """

  /// The first line of an agent.
  static func greeting(version: String = "0.2.0", protocol number: Int = Greeting.current.protocol) -> String
  {
    #"{"murphy-agent":{"protocol":\#(number),"version":"\#(version)"}}"#
  }

  /// Runs a command on the fleet, unless its arguments have `--factor fleet`. `other` is written as a second fleet file,
  /// `FOLDER/other.yaml`. In the script, `$host` and `$words` are the arguments of ssh. `greet` sends the
  /// greeting. `report TEXT` sends a line of a call's report. `serve VERSION` answers requests like an agent of that
  /// version, and ends with stdin. Its host runs the domains `$running` and has the missing requirements `$missing` for
  /// each fault, both as JSON texts. Each fault cuts its control path if `$cuts` is true.
  static func run(
    _ arguments: [String], by prefix: [String] = [], fleet: String = fleet, other: String? = nil,
    scenario: String = scenario,
    ssh script: String, environment: [String: String] = [:],
    _ body: (MurphyProgram.Outcome, _ folder: String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let text = #"""
        #!/bin/sh
        cd \#(folder)
        echo "$*" >> calls
        while [ "$1" != -- ]; do shift; done
        host=${2#*@}
        shift 2
        words=$*
        greet() { echo '\#(greeting())'; }
        report() { echo "{\"notice\":{\"_0\":{\"report\":{\"_0\":\"$1\"}}}}"; }
        reply() { echo "{\"reply\":{\"_1\":{$1},\"id\":$id}}"; }
        serve() {
          while read -r line; do
            id=${line#*\"id\":}
            id=${id%%,*}
            case $line in
              *'"hello":'*) reply "\"welcome\":{\"_0\":{\"boot\":\"b\",\"strangers\":[],\"version\":\"$1\"}}";;
              *'"admission":'*) reply '"admission":{"refusals":[]}';;
              *'"survey":'*) reply "\"survey\":{\"fingerprint\":{},\"running\":[$running]}";;
              *'"check":'*) reply "\"checked\":{\"cutsControlPath\":${cuts:-false},\"missing\":[$missing]}";;
              *'"clock":'*) reply '"clock":{"_0":1}';;
              *'"state":'*) reply '"state":{"_0":{"lines":[],"unread":[]}}';;
              *) reply '"done":{}';;
            esac
          done
        }
        \#(script)

        """#
      try DurableFile.write(Array(text.utf8), to: "\(folder)/ssh", mode: 0o700)
      try DurableFile.write(Array(fleet.utf8), to: "\(folder)/fleet.yaml")
      try DurableFile.write(Array(scenario.utf8), to: "\(folder)/unplug.yaml")
      if let other { try DurableFile.write(Array(other.utf8), to: "\(folder)/other.yaml") }
      let words = arguments.map { $0.replacing("FOLDER", with: folder) }
      let option = words.contains("fleet") ? [] : ["--fleet", "\(folder)/fleet.yaml"]
      try body(
        try MurphyProgram.run(words + option, by: prefix, tools: folder, environment: environment), folder)
    }
  }
}
