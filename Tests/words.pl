#!/usr/bin/perl
# Refuses the words of words.txt in the files of this repository, with file, line and what to write instead.
# `Tests/words.pl PATH…` lists all hits below these paths, excused or not.
use strict;
use warnings;

# The lines of a file without comments, split at tabs.
sub rows {
  my ($path) = @_;
  open my $file, '<', $path or die "$path: $!\n";
  return map { chomp; [split /\t/] } grep { !/^(#|$)/ } <$file>;
}

my @words = map { { pattern => qr/\b(?:$_->[0])\b/i, instead => $_->[1] } } rows('Tests/words.txt');
my (@lines, %allowed);
for my $row (rows('Tests/words-excused.txt')) {
  my ($path, $excuse) = @$row;
  if ($excuse =~ /^\d+$/) { $allowed{$path} = $excuse }
  else { push @lines, { path => $path, pattern => qr/$excuse/ } }
}

my @suffixes = map { "*.$_" } qw(swift c h sh pl md yaml);
open my $list, '-|', 'git', 'ls-files', '--', @suffixes, 'Makefile', 'Tests/GuestTests/Image', ':!Tests/words.pl'
  or die "git: $!\n";
my ($isRefused, %hits) = (0);
while (my $path = <$list>) {
  chomp $path;
  next if @ARGV && !grep { index($path, $_) == 0 } @ARGV;
  open my $file, '<', $path or next;
  while (my $line = <$file>) {
    for my $word (@words) {
      while ($line =~ /$word->{pattern}/g) {
        my $found = "$path:$.: '$&': write $word->{instead}\n";
        if (@ARGV) { print $found; next }
        next if grep { index($path, $_->{path}) == 0 && $line =~ $_->{pattern} } @lines;
        my ($folder) = grep { index($path, $_) == 0 } keys %allowed;
        if ($folder) { $hits{$folder}++; next }
        print STDERR $found;
        $isRefused = 1;
      }
    }
  }
}
for my $folder (@ARGV ? () : sort keys %allowed) {
  my $count = $hits{$folder} // 0;
  if ($count > $allowed{$folder}) {
    print STDERR "$folder: $count words that words.txt replaces, more than the $allowed{$folder} that words-excused.txt "
      . "allows: see Tests/words.pl $folder\n";
    $isRefused = 1;
  } elsif ($count < $allowed{$folder}) {
    print STDERR "$folder: write $count for $allowed{$folder} in Tests/words-excused.txt\n";
  }
}
exit $isRefused;
