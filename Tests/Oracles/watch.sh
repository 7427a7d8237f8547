#!/bin/bash
# Observes a lab beside Murphy, by programs that share no code with it. judge.py compares what they have seen with a run.
#
#   Tests/Oracles/watch.sh begin LAB FOLDER     before the run: starts tcpdump and fio
#   Tests/Oracles/watch.sh end LAB FOLDER       after it: ends them, and reads with fio what fio has written
#
# tcpdump captures the probes' connections on the bridge of the external network, in the lab's outer namespaces, so that it
# ends with the lab. On each host fio writes five blocks a second, one after another, to the volume of the guest's disk.
# It acknowledges a block once the storage has; its status is on the host's disk each second, so that a host that loses
# its power has it. crm_simulate, Pacemaker's own scheduler, predicts for each host where its resources would run if it
# failed; it changes nothing, and a lab without Pacemaker has no prediction.
set -euo pipefail

act=$1 lab=$2 folder=$3
murphy=${MURPHY:-.build/release/murphy}
state=/var/lib/murphy/labs/$lab
hosts=$(sed -n '/^hosts:/,/^[a-z]*:.*$/s/^  \([a-z]*\): {ssh.*/\1/p' "$state/fleet.yaml")

in_host() { timeout 90 "$murphy" lab exec --name "$lab" "$@"; }

# One block after another, so that the first N bytes are the acknowledged ones.
fio_job() {
  echo "fio --name=acknowledged --filename=/srv/vms/fio-$1.img --rw=write --bs=4k --ioengine=psync --direct=1 --thread" \
    "--fallocate=none --verify=crc32c --verify_state_save=0 --output-format=json"
}

# Its working copy of the configuration is in /run, so that nothing is left in Pacemaker's own folder.
predict() {
  for asked in $hosts; do
    for host in $hosts; do
      in_host "$asked" -- env CIB_shadow_dir=/run timeout 10 crm_simulate --simulate --live-check --node-fail "$host" \
        --output-as=xml > "$folder/pacemaker.$host.xml" 2> "$folder/pacemaker.log" \
        || { rm -f "$folder"/pacemaker.*.xml; continue 2; }
    done
    break
  done
}

begin() {
  mkdir -p "$folder"
  rm -f "$folder"/*
  read -r init _ < "$state/init"
  # The lab's /proc is the machine's, so the pid is too.
  nsenter -t "$init" -n -p sh -c '
    read -r pid _ < /proc/self/stat
    echo "$pid" > "$1/tcpdump.pid"
    exec tcpdump -i external -n -U -B 8192 -s 256 -w "$1/packets.pcap" -Z root "tcp port 80 or tcp port 7000"
    ' - "$(realpath "$folder")" > /dev/null 2> "$folder/tcpdump.log" < /dev/null &
  for _ in $(seq 50); do
    if grep -q 'listening on' "$folder/tcpdump.log"; then break; fi
    sleep 0.1
  done
  grep -q 'listening on' "$folder/tcpdump.log" || { cat "$folder/tcpdump.log" >&2; exit 3; }
  for host in $hosts; do
    in_host "$host" -- setsid -f sh -c "
      echo \$\$ > /run/fio.pid
      exec $(fio_job "$host") --size=64m --rate_iops=5 --do_verify=0 --status-interval=1 --output=/var/log/fio.json
      " > /dev/null 2>&1 < /dev/null
  done
  predict
}

end() {
  if [ -e "$folder/tcpdump.pid" ]; then
    pid=$(< "$folder/tcpdump.pid")
    kill -TERM "$pid" || true
    timeout 10 sh -c 'while kill -0 "$1" 2> /dev/null; do sleep 0.1; done' - "$pid"
    rm "$folder/tcpdump.pid"
  fi
  for host in $hosts; do
    # A host without power, or one whose mount does not answer, has no verdict.
    in_host "$host" -- sh -c '
      if [ -e /run/fio.pid ] && kill -TERM "$(cat /run/fio.pid)"; then
        timeout 20 sh -c "while kill -0 \$(cat /run/fio.pid); do sleep 0.2; done"
      fi
      cat /var/log/fio.json' > "$folder/fio.$host.written.json" 2> /dev/null || continue
    bytes=$(sed -n 's/.*"io_bytes" : \([0-9]*\),.*/\1/p' "$folder/fio.$host.written.json" | sort -n | tail -n 1)
    if [ "${bytes:-0}" -eq 0 ]; then continue; fi
    in_host "$host" -- $(fio_job "$host") --size="$bytes" --verify_only=1 --verify_fatal=0 --continue_on_error=verify \
      > "$folder/fio.$host.read.json" 2> "$folder/fio.$host.read.log" || rm -f "$folder/fio.$host.read.json"
  done
}

case $act in
  begin) begin ;;
  end) end ;;
  *) echo "watch.sh: '$act' is neither begin nor end" >&2; exit 2 ;;
esac
