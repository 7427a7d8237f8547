# On `swift package dump-package`: each target outside of Tests that needs one of the platform's C libraries, and isn't in
# this list of those that may. So a new target is free of them unless it is added here.
["CLibvirt", "CNetlink", "CNftables", "Libvirt", "Netlink", "Nftables", "Faults", "Agent", "IsolatedHost", "MurphyCommands",
 "murphy", "murphy-agent", "murphy-bench", "murphy-fuzz", "murphy-simulate", "murphy-torture"] as $may
| (.targets | map({key: .name, value: [.dependencies[] | (.byName // .target // .product // empty)[0]]}) | from_entries) as $of
| def reach: [., ($of[.] // [])[] ] | unique;
  def closure: (map(reach) | add | unique) as $next | if $next == . then . else $next | closure end;
  .targets[] | select((.path // "") | startswith("Tests/") | not) | select(.type != "test") | .name as $name
| select($may | index($name) | not)
| ([$name] | closure | map(select(. == "CLibvirt" or . == "CNetlink" or . == "CNftables"))) as $found
| select($found | length > 0) | "\($name) needs \($found | join(", "))"
