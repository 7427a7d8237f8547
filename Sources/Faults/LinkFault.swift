import Scenario

/// A fault that cuts links.
protocol LinkFault: LeasedFault where Undo == LinkCut.Undo {
  var cut: LinkCut { get }
}

extension LinkFault {
  /// The links and the mode of the cut.
  package var object: String { cut.object }
  package var footprint: [Resource] { cut.links.map { Resource(.link, $0) } }
  package var undoing: String { cut.undoing }
  package var reversal: Reversal { .restore }
  /// Connections over these links.
  package var pathLoss: PathLoss { .overItsLinks }
  package func missing(using instruments: Instruments) -> [String] { cut.missing(using: instruments) }
  package func remarks(using instruments: Instruments) throws -> [String] {
    try cut.remarks(using: instruments)
  }
  func snapshot(for lease: String, using instruments: Instruments) throws -> LinkCut.Undo {
    try cut.snapshot(for: lease, using: instruments)
  }
  var injection: Injection<LinkCut.Undo> { cut.injection }
  /// The announcements of changed links, and in mode silent of changed tables.
  package var signals: Set<EffectSignal> { cut.signals }
  func effect(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> EffectState {
    try cut.effect(undo, using: instruments)
  }
  func onset(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> String? {
    try cut.onset(undo, using: instruments)
  }
  static func revert(_ undo: LinkCut.Undo, using instruments: Instruments) throws {
    try LinkCut.revert(undo, using: instruments)
  }
  static func residue(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> [String] {
    try LinkCut.residue(undo, using: instruments)
  }
}
