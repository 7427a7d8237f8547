# On `swift package dump-package`: each target that must build without the platform's C libraries, and needs one.
(.targets | map({key: .name, value: [.dependencies[] | (.byName // .target // empty)[0]]}) | from_entries) as $of
| def reach: [., ($of[.] // [])[] ] | unique;
  def closure: (map(reach) | add | unique) as $next | if $next == . then . else $next | closure end;
  ("Conductor", "Scenario", "Schedule", "Journal", "Metrics", "Comparison", "History", "RunIndex", "Reports", "Simulation") as $name
| ([$name] | closure | map(select(. == "CLibvirt" or . == "CNetlink" or . == "CNftables"))) as $found
| select($found | length > 0) | "\($name) needs \($found | join(", "))"
