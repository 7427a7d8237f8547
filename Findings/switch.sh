#!/bin/bash
# Switches a setting of a lab's platform, and returns when the platform is healthy: the --a-setup and --b-setup of
# `murphy run --ab`.
#
#   Findings/switch.sh volume OPTION VALUE      an option of the Gluster volume, as network.ping-timeout 10
#   Findings/switch.sh property NAME VALUE      a property of the cluster, as stonith-enabled true
#   Findings/switch.sh fencing-method VALUE     onoff or cycle, in a lab with fencing
#   Findings/switch.sh monitor-interval VALUE   of the website's resource, as 2s
#
# LAB is the lab's name (lab), and MURPHY the program (.build/release/murphy).
set -euo pipefail

murphy=${MURPHY:-.build/release/murphy}
lab=${LAB:-lab}
first=dauntless

in_host() { "$murphy" lab exec --name "$lab" "$first" -- "$@"; }

case "${1:-}/$#" in
  volume/3) in_host gluster --mode=script volume set vms "$2" "$3" > /dev/null ;;
  property/3) in_host crm_attribute --type crm_config --name "$2" --update "$3" ;;
  fencing-method/2)
    for host in dauntless excelsior falco; do
      in_host crm_resource --resource "fence-$host" --set-parameter method --parameter-value "$2" > /dev/null
    done
    ;;
  monitor-interval/2)
    in_host cibadmin --modify --xpath "//op[@id='web-monitor']" --xml-text "<op id=\"web-monitor\" interval=\"$2\"/>"
    ;;
  *)
    sed -n '4,8s/^#   //p' "$0" >&2
    exit 2
    ;;
esac

# Failures of the last trial would prevent a start in the next one.
in_host crm_resource --cleanup > /dev/null
for _ in $(seq 300); do
  healed=$(in_host gluster --mode=script volume heal vms info 2> /dev/null | grep -c '^Number of entries: 0$' || true)
  started=$(in_host crm_resource --resource web --locate 2> /dev/null | grep -c 'is running on: ' || true)
  if [ "$healed" = 3 ] && [ "$started" = 1 ]; then exit 0; fi
  sleep 1
done
echo "switch.sh: after 5 min $healed of 3 bricks have nothing to heal, and the website runs $started times" >&2
exit 1
