#!/usr/bin/env python3
"""Compares a run's report with programs that share no code with Murphy: tcpdump and fio.

  Tests/Oracles/judge.py RUN FOLDER > VERDICT.json

RUN is a run's folder, FOLDER what watch.sh has written while the run was made. The verdict is for `murphy incidents
--oracles`: for each oracle whether it agrees (null if it could not judge), and the reason.

tcpdump: each probe over TCP opens a connection for each request, so a capture has when a request was sent and when its
answer came. The service was down from the last answer in time to the next. Each outage of the report must be such a
period, with a length within the report's bounds, and at the same time: run.json has the wall clock in whole seconds, so
one offset of less than a second is chosen for all outages of a run. Requests without an answer in time outside of the
report's outages must not be more than the samples that the report calls unknown.

fio: on each host it has written to the same storage, one block after another, and has read the acknowledged blocks after
the run. It agrees if both fio and Murphy, or neither of them, found an acknowledged write that is lost.

crm_simulate: before the run, Pacemaker's own scheduler has predicted for each host where its virtual machines would run
if it failed. The verdict has the prediction for each host that a fault broke, beside the host on which the report saw the
machine next. It is a prediction, so the verdict doesn't judge it.
"""
import calendar
import json
import pathlib
import re
import struct
import sys
import time
import urllib.parse
import xml.etree.ElementTree

# Seconds by which the two programs may see the same packet apart: the prober reads answers from a queue.
TOLERANCE = 0.1


class Request:
    """A connection: when it was sent, and when the first bytes came back."""

    def __init__(self, sent, number):
        self.sent, self.number = sent, number
        self.question, self.answer, self.answered = b"", b"", None

    def is_sample(self, kind):
        """Whether the prober sent it as a sample: it also asks the service of a data check for its log."""
        return kind != "append" or not self.question or self.question.startswith(b"APPEND ")

    def is_ok(self, kind):
        if kind == "http":
            return re.match(rb"HTTP/1\.[01] 200 ", self.answer) is not None
        number = re.match(rb"APPEND (\d+) ", self.question)
        return number is not None and self.answer == b"OK " + number.group(1) + b"\n"


def requests(capture, address, port):
    """The requests to a service in a capture of tcpdump, in the order in which they were sent."""
    data = capture.read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None or struct.unpack(order + "I", data[20:24])[0] != 1:
        raise ValueError(f"{capture} is not a capture of Ethernet packets")
    found, open_ones, place = [], {}, 24
    while place + 16 <= len(data):
        seconds, micros, kept, _ = struct.unpack(order + "IIII", data[place : place + 16])
        packet, place = data[place + 16 : place + 16 + kept], place + 16 + kept
        if len(packet) < 54 or packet[12:14] != b"\x08\x00" or packet[23] != 6:
            continue
        segment = packet[14 + (packet[14] & 15) * 4 : 14 + struct.unpack(">H", packet[16:18])[0]]
        source, target, number = struct.unpack(">HHI", segment[:8])
        payload, flags = segment[(segment[12] >> 4) * 4 :], segment[13]
        sender, receiver = (".".join(map(str, packet[at : at + 4])) for at in (26, 30))
        now = seconds + micros / 1e6
        if (receiver, target) == (address, port):
            client = (sender, source)
            if flags & 0x12 == 0x02:  # SYN without ACK; a repeated one has the same number
                if client not in open_ones or open_ones[client].number != number:
                    open_ones[client] = Request(now, number)
                    found.append(open_ones[client])
            elif client in open_ones and not open_ones[client].question:
                open_ones[client].question = payload
        elif (sender, source) == (address, port) and payload:
            request = open_ones.get((receiver, target))
            if request and request.answered is None:
                request.answer, request.answered = payload, now
    return found


def silences(found, kind, timeout):
    """The periods from an answer in time to the next one, with the requests between them that had none."""
    answers = sorted(
        request.answered for request in found
        if request.answered is not None and request.is_ok(kind) and request.answered - request.sent <= timeout)
    failed = [
        request.sent for request in found if request.is_sample(kind)
        and (request.answered is None or not request.is_ok(kind) or request.answered - request.sent > timeout)]
    return list(zip(answers, answers[1:])), failed


def is_same(outage, silence, offset):
    """Whether a silence is an outage of the report, for an offset of the report's clock in seconds since 1970."""
    begin, end = silence
    length = outage["length"]
    return (
        length["low"] / 1e9 - TOLERANCE <= end - begin <= length["high"] / 1e9 + TOLERANCE
        and offset + outage["lastOk"] / 1e9 - TOLERANCE <= begin
        and offset + outage["firstOk"] / 1e9 - TOLERANCE <= end
        and end <= offset + outage["firstAnswer"] / 1e9 + TOLERANCE)


def compare_outages(report, probes, capture, wall):
    judged, wrong = 0, []
    all_outages = []
    for trial in report["metrics"]["trials"]:
        for result in trial["probes"]:
            probe = probes.get(result["probe"])
            if probe is None or probe["kind"] not in ("http", "append"):
                continue
            target = urllib.parse.urlsplit(probe["target"])
            if target.scheme not in ("http", "tcp"):
                continue
            found = requests(capture, target.hostname, target.port or 80)
            timeout = probe["timeout"] / 1e9
            # An answer at the very end of its time may count or not.
            kinds = [silences(found, probe["kind"], timeout + by) for by in (-TOLERANCE, TOLERANCE)]
            all_outages.append((trial, result, probe, kinds))

    def matches(outage, kinds, offset):
        return any(is_same(outage, silence, offset) for silent, _ in kinds for silence in silent)

    def whole(result):
        return [outage for outage in result["outages"] if "lastOk" in outage and "firstOk" in outage]

    def score(offset):
        return sum(matches(o, kinds, offset) for _, result, _, kinds in all_outages for o in whole(result))

    offset = max((wall + step / 100 for step in range(0, 101)), key=score)
    for trial, result, probe, kinds in all_outages:
        for outage in whole(result):
            judged += 1
            if not matches(outage, kinds, offset):
                length = outage["length"]
                near = max(
                    (end - begin for begin, end in kinds[1][0]
                     if begin < offset + outage["firstOk"] / 1e9 and end > offset + outage["firstFail"] / 1e9), default=0)
                wrong.append(
                    f"{result['probe']}: reported {length['low'] / 1e9:.1f} to {length['high'] / 1e9:.1f} s, captured "
                    f"{near:.1f} s")
        # Requests that certainly had no answer, where the report has no outage.
        spare = [
            sent - offset for sent in kinds[1][1]
            if trial["begin"] / 1e9 < sent - offset < trial["end"] / 1e9 - probe["timeout"] / 1e9
            and not any(
                outage.get("lastOk", 0) / 1e9 - TOLERANCE <= sent - offset
                <= outage.get("firstAnswer", trial["end"]) / 1e9 + TOLERANCE for outage in result["outages"])]
        if len(spare) > result["unknown"]:
            wrong.append(
                f"{result['probe']}: {len(spare)} requests without an answer outside of the reported outages, the first at "
                f"{spare[0]:.1f} s; the report has {result['unknown']} unknown samples")
    return judged, wrong


def judge_capture(run, report, probes, folder, wall):
    capture, log = folder / "packets.pcap", folder / "tcpdump.log"
    if not capture.exists():
        return {"agrees": None, "detail": "no capture"}
    dropped = re.search(r"(\d+) packets? dropped by kernel", log.read_text() if log.exists() else "")
    if dropped is None or dropped.group(1) != "0":
        return {"agrees": None, "detail": "the capture is incomplete: see tcpdump.log"}
    judged, wrong = compare_outages(report, probes, capture, wall)
    if wrong:
        return {"agrees": False, "detail": "; ".join(wrong)}
    return {"agrees": True, "detail": f"{judged} outage{'' if judged == 1 else 's'}"}


def judge_fio(report, folder):
    written = {path.name.split(".")[1]: path for path in sorted(folder.glob("fio.*.read.json"))}
    if not written:
        return {"agrees": None, "detail": "fio was not read"}
    blocks, lost = 0, 0
    for path in written.values():
        text = path.read_text()
        # fio writes its errors before the JSON.
        job = json.loads(text[text.index("\n{") + 1 if not text.startswith("{") else 0 :])["jobs"][0]
        blocks += job["read"]["total_ios"]
        lost += job["total_err"]
    damaged = 0
    for trial in report["metrics"]["trials"]:
        for writes in trial.get("writes", []):
            if "count" not in writes["damaged"]:
                return {"agrees": None, "detail": f"fio: {lost} of {blocks} blocks; the report has no count"}
            damaged += writes["damaged"]["count"]
    return {"agrees": (lost > 0) == (damaged > 0), "detail": f"{lost} of {blocks} blocks lost"}


def resources(simulated, status):
    """The nodes of each resource in crm_simulate's output, before (cluster_status) or after (revised_cluster_status)."""
    return {
        resource.get("id"): [] if resource.get("role") == "Stopped" else [node.get("name") for node in resource.iter("node")]
        for resource in simulated.find(status).iter("resource")}


def names(fleet):
    """The hosts' names, and all names of each virtual machine."""
    return {
        "hosts": [host["name"] for host in fleet.get("hosts", [])],
        "vms": [
            {"name": vm["name"], "names": [vm["name"], vm.get("domain", vm["name"])] + vm.get("aliases", [])}
            for vm in fleet.get("vms", [])]}


def predictions(report, fleet, folder):
    """What Pacemaker predicted for each host that a fault of the first trial broke as a whole, and what was observed."""
    found = []
    for trial in report["metrics"]["trials"][:1]:
        effects = {}
        for lease in trial["leases"]:
            if not lease["fault"].startswith("host.") or "effective" not in lease:
                continue
            chosen = [host for choice in trial["choices"] if choice["step"] == lease["step"] for host in choice["hosts"]]
            # A fault that the controller injects is on the hosts that its step has chosen.
            for host in [lease["host"]] if lease["host"] in fleet["hosts"] else chosen:
                effects.setdefault(host, lease["effective"]["low"])
        for host, effective in effects.items():
            path = folder / f"pacemaker.{host}.xml"
            if not path.exists():
                continue
            simulated = xml.etree.ElementTree.parse(path).getroot()
            before, after = resources(simulated, "cluster_status"), resources(simulated, "revised_cluster_status")
            for vm in fleet["vms"]:
                name = next((name for name in vm["names"] if before.get(name) == [host]), None)
                if name is None:
                    continue
                segments = next((p["segments"] for p in trial["placements"] if p["vm"] == vm["name"]), [])
                later = [
                    segment["host"] for segment in sorted(segments, key=lambda segment: segment["begin"])
                    if segment["state"] == "running" and segment["host"] != host
                    and segment["begin"] + segment["uncertainty"] >= effective]
                found.append({
                    "failed": host, "vm": vm["name"], "predicted": after.get(name, []), "observed": later[:1]})
    return found


def main():
    run, folder = map(pathlib.Path, sys.argv[1:3])
    report = json.loads((run / "run.json").read_text())
    with open(run / "events.jsonl", encoding="utf-8") as events:
        fleet = json.loads(events.readline())["value"]["fleet"]
    probes = {probe["name"]: probe for probe in fleet.get("probes", [])}
    wall = calendar.timegm(time.strptime(report["wall"], "%Y-%m-%dT%H:%M:%SZ"))
    verdict = {
        "run": report["run"],
        "tcpdump": judge_capture(run, report, probes, folder, wall),
        "fio": judge_fio(report, folder),
        "pacemaker": predictions(report, names(fleet), folder),
    }
    json.dump(verdict, sys.stdout, sort_keys=True, indent=2)
    print()


if __name__ == "__main__":
    main()
