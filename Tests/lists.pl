#!/usr/bin/perl
# Refuses a fault, a view, a probe or a channel that has a file and is missing in the list of its kind, or that no test of its kind
# names outside of a comment. Neither the compiler nor the tests would name it, since they iterate over the lists. Also refuses a
# fault that lasts and that no test ends as another program does.
use strict;
use warnings;

my @kinds = (
  { protocol => '(?:(?:Leased|Table|Link|Process|Kill)Fault|Domain(?:Change|Hit))', sources => 'Sources/Faults', list => 'Catalogue.swift', item => '%s.self', items => qr/\b[A-Z]\w*\.self\b/,
    name => qr/\bFaultDescription\(\s*name: ("[^"]+")/, tests => 'Tests/FaultsTests' },
  { protocol => 'ViewKind', sources => 'Sources/Views', list => 'ViewKind.swift', item => '%s()', items => qr/\b[A-Z]\w*\(\)/,
    name => qr/\blet key = ("[^"]+")/, tests => 'Tests/ViewsTests' },
  { protocol => 'ProbeKind', sources => 'Sources/Probes', list => 'ProbeKind.swift', item => '%s()', items => qr/\b[A-Z]\w*\(\)/,
    name => qr{\bProbeDescription\(\s*key: (?:\.init\(rawValue: (?="))?("[^"]+"|\.\w+)}, tests => 'Tests/ProbesTests' },
  { protocol => 'ChannelKind', sources => 'Sources/Notify', list => 'ChannelKind.swift', item => '%s()', items => qr/\b[A-Z]\w*\(\)/,
    name => qr/\blet key = ("[^"]+")/, tests => 'Tests/ScheduleTests' },
);

sub text {
  my ($path) = @_;
  open my $file, '<', $path or die "$path: $!\n";
  local $/;
  return scalar <$file>;
}

# The files of tests in which another program ends a fault: they compare the reason of its end.
my $ends = join '', grep { /\b(?:contract|first)\.end\(\)|\bcause == \.others\b/ }
  map { text($_) } glob 'Tests/{FaultsTests,AgentTests}/*.swift';
$ends =~ s{^\s*//.*$}{}mg;

my $isRefused = 0;
sub refuse {
  print STDERR @_;
  $isRefused = 1;
}
for my $kind (@kinds) {
  my $list = "$kind->{sources}/$kind->{list}";
  my ($listed) = text($list) =~ /\bstatic let \w+: \[any \w+(?:\.Type)?\] = \[(.*?)\]/s;
  if (!defined $listed) {
    refuse("$list: no list was found\n");
    next;
  }
  my $tests = join '', map { text($_) } glob "$kind->{tests}/*.swift";
  $tests =~ s{^\s*//.*$}{}mg;
  my $count = 0;
  for my $path (glob "$kind->{sources}/*.swift") {
    my $source = text($path);
    next if $source !~ /\bstruct (\w+): [^{]*\b$kind->{protocol}\b/;
    $count += 1;
    my $item = sprintf $kind->{item}, $1;
    refuse("$path: $1 is missing in $list: add $item\n") if $listed !~ /\b\Q$item\E/;
    my ($name) = $source =~ $kind->{name};
    if (!defined $name) {
      refuse("$path: no name was found\n");
    } elsif ($tests !~ /\Q$name\E(?!\w)/) {
      refuse("$path: no test in $kind->{tests} names $name\n");
    } elsif ($source =~ /\bextent: \.(?:held|instantWith)\b/ && $ends !~ /\Q$name\E(?!\w)/) {
      refuse("$path: no test ends $name as another program does: see EarlyEndSerialTests and the contract tests\n");
    }
  }
  # A declaration that this script doesn't recognise would never be missed.
  my $items = () = $listed =~ /$kind->{items}/g;
  refuse("$list has $items items, and $kind->{sources} has $count files with one\n") if $count != $items;
}
exit $isRefused;
