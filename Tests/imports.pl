#!/usr/bin/perl
# On `swift package dump-package`: refuses a target that imports another one without declaring it. SwiftPM builds such a
# target if the other one happens to be built before, and the check of the platform's libraries would not see it.
use strict;
use warnings;
use JSON::PP;

my $package = decode_json(do { local $/; <STDIN> });
my %declared;
for my $target (@{$package->{targets}}) {
  $declared{$target->{name}} = { map { ($_->{byName} // $_->{target} // $_->{product})->[0] => 1 } @{$target->{dependencies}} };
}
my $isRefused = 0;
for my $target (@{$package->{targets}}) {
  my $name = $target->{name};
  my $folder = $target->{path} // ($target->{type} eq 'test' ? 'Tests' : 'Sources') . "/$name";
  my %imported;
  for my $path (split /\n/, `git ls-files '$folder/*.swift'`) {
    open my $file, '<', $path or next;
    while (<$file>) { $imported{$1} = 1 if /^(?:(?:\@testable|package|internal|private|fileprivate) )*import (?:(?:struct|class|enum|protocol|func|var|let|typealias) )?(\w+)/ }
  }
  for my $module (sort keys %imported) {
    next if !exists $declared{$module} || $module eq $name || $declared{$name}{$module};
    print STDERR "$folder imports $module: add it to the dependencies of $name in Package.swift\n";
    $isRefused = 1;
  }
}
exit $isRefused;
