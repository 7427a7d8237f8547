import Glibc

/// The programs of other packages that tests run.
///
/// Where one is missing, its tests are skipped. `make test` installs all of them and sets `MURPHY_TEST_TOOLS`, so that a
/// test whose program is missing there runs and fails.
package enum TestTools {
  /// Whether no test may be skipped because of a missing program.
  package static let areRequired = getenv("MURPHY_TEST_TOOLS") != nil

  /// Whether tests that need these programs run.
  package static func have(_ programs: [String]) -> Bool {
    have { programs.allSatisfy { access($0, X_OK) == 0 } }
  }

  /// The same for something other than a program.
  package static func have(_ isThere: () -> Bool) -> Bool { areRequired || isThere() }
}
