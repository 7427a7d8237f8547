#!/usr/bin/perl
# Refuses a fault, a view or a probe that has a file and is missing in the list of its kind, or that no test of its kind
# names. Neither the compiler nor the tests would name it, since they iterate over the lists.
use strict;
use warnings;

my @kinds = (
  { protocol => 'LeasedFault', sources => 'Sources/Faults', list => 'Catalogue.swift', item => '%s.self',
    name => qr/\bFaultDescription\(\s*name: ("[^"]+")/, tests => 'Tests/FaultsTests' },
  { protocol => 'ViewKind', sources => 'Sources/Views', list => 'ViewKind.swift', item => '%s()',
    name => qr/\blet key = ("[^"]+")/, tests => 'Tests/ViewsTests' },
  { protocol => 'ProbeKind', sources => 'Sources/Probes', list => 'ProbeKind.swift', item => '%s()',
    name => qr{\bProbeDescription\(\s*key: (\.\w+)}, tests => 'Tests/ProbesTests' },
);

sub text {
  my ($path) = @_;
  open my $file, '<', $path or die "$path: $!\n";
  local $/;
  return scalar <$file>;
}

my $isRefused = 0;
sub refuse {
  print STDERR @_;
  $isRefused = 1;
}
for my $kind (@kinds) {
  my $list = "$kind->{sources}/$kind->{list}";
  my $listed = text($list);
  my $tests = join '', map { text($_) } glob "$kind->{tests}/*.swift";
  my $count = 0;
  for my $path (glob "$kind->{sources}/*.swift") {
    my $source = text($path);
    next if $source !~ /\bstruct (\w+): [^{]*\b$kind->{protocol}\b/;
    $count += 1;
    my $item = sprintf $kind->{item}, $1;
    refuse("$path: $1 is missing in $list: add $item\n") if index($listed, $item) < 0;
    if ($source !~ $kind->{name}) {
      refuse("$path: no name was found\n");
    } elsif (index($tests, $1) < 0) {
      refuse("$path: no test in $kind->{tests} names $1\n");
    }
  }
  refuse("$kind->{sources}: no $kind->{protocol} was found\n") if $count == 0;
}
exit $isRefused;
