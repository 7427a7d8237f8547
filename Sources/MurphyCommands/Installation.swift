import Linux

/// Whether the package installed this program. Otherwise it runs in the folder in which it was built.
var isInstalledByPackage: Bool { (try? programPath()) == "/usr/bin/murphy" }
