import FoundationEssentials
import Journal
import Testing

@Suite struct OlderViewTests {
  private func event(_ line: String) throws -> Event {
    try JSONDecoder().decode(Entry.self, from: Data(line.utf8)).event
  }

  @Test("Beliefs are read from older journals that have one kind of event per form of belief")
  func older() throws {
    #expect(
      try event(
        #"{"at":1500,"event":"storage.seen","trial":2,"value":{"bricks":3,"bricksOnline":2,"healBacklog":0,"#
          + #""peers":3,"peersConnected":2,"splitBrain":0},"view":"storage"}"#)
        == .viewSeen(
          view: "storage", .storage(StorageState(bricksOnline: 2, bricks: 3, peersConnected: 2, peers: 3))))
    #expect(
      try event(
        #"{"at":1,"event":"manager.seen","trial":1,"value":{"quorate":true,"nodes":{"falco":"offline"},"resources":{}},"#
          + #""view":"manager"}"#)
        == .viewSeen(view: "manager", .manager(ManagerState(quorate: true, nodes: ["falco": "offline"]))))
  }

  @Test("An unknown form of belief is refused")
  func unknownForm() {
    #expect(throws: DecodingError.self) {
      try event(#"{"at":1,"event":"view.seen","trial":1,"value":{"weather":{}},"view":"v"}"#)
    }
  }
}
