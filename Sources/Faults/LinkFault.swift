import Scenario

/// A fault that is the cut of some links.
protocol LinkFault: LeasedFault where Undo == LinkCut.Undo {
  /// The cut.
  var cut: LinkCut { get }
}

extension LinkFault {
  /// The links and how they are cut.
  package var object: String { cut.object }
  /// The links.
  package var footprint: [Resource] { cut.links.map(Resource.link) }
  /// How the links come back.
  package var undoing: String { cut.undoing }
  /// The host restores the links.
  package var reversal: Reversal { .restore }
  /// Those over the links.
  package var pathLoss: PathLoss { .overItsLinks }
  /// What the host lacks for the cut.
  package func missing(using instruments: Instruments) -> [String] { cut.missing(using: instruments) }
  /// What a plan must say of the cut.
  package func remarks(using instruments: Instruments) throws -> [String] {
    try cut.remarks(using: instruments)
  }
  func snapshot(for lease: String, using instruments: Instruments) throws -> LinkCut.Undo {
    try cut.snapshot(for: lease, using: instruments)
  }
  var injection: Injection<LinkCut.Undo> { cut.injection }
  /// What announces that a link, or in the silent mode the table, has changed.
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
