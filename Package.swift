// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "murphy",
  targets: [
    // Ground floor: C libraries and shims, no logic.
    .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt", providers: [.apt(["libvirt-dev"])]),
    .systemLibrary(
      name: "CNetlink", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-3-dev", "libnl-route-3-dev"])]),
    .systemLibrary(name: "CNftables", pkgConfig: "libnftables", providers: [.apt(["libnftables-dev"])]),
    .target(name: "CLinux"),

    // Typed handles and errors, one library each.
    .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "Libvirt", dependencies: ["CLibvirt"], swiftSettings: strict),
    .target(name: "Netlink", dependencies: ["CNetlink"], swiftSettings: strict),
    .target(name: "Nftables", dependencies: ["CNftables"], swiftSettings: strict),
  ]
)
