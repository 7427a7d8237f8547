#!/usr/bin/perl
# Refuses the words of words.txt in the files of this repository, and shows file, line and a replacement. Also refuses a
# test whose title isn't a sentence. `Tests/words.pl PATH…` lists all hits below these paths, excused or not.
use strict;
use warnings;

# The lines of a file without comments, split at tabs.
sub rows {
  my ($path) = @_;
  open my $file, '<', $path or die "$path: $!\n";
  return map { chomp; [split /\t/] } grep { !/^(#|$)/ } <$file>;
}

my @words = map { { pattern => qr/\b(?:$_->[0])\b/i, instead => $_->[1] } } rows('Tests/words.txt');
my @excuses = map { { path => $_->[0], pattern => qr/$_->[1]/ } } rows('Tests/words-excused.txt');

my @suffixes = map { "*.$_" } qw(swift c h sh pl md yaml);
open my $list, '-|', 'git', 'ls-files', '--', @suffixes, 'Makefile', 'Tests/GuestTests/Image', ':!Tests/words.pl'
  or die "git: $!\n";
my $isRefused = 0;
sub refuse {
  print STDERR @_;
  $isRefused = 1;
}
while (my $path = <$list>) {
  chomp $path;
  next if @ARGV && !grep { index($path, $_) == 0 } @ARGV;
  open my $file, '<', $path or next;
  my @lines = <$file>;
  for my $number (1 .. @lines) {
    my $line = $lines[$number - 1];
    for my $word (@words) {
      while ($line =~ /$word->{pattern}/g) {
        my $isExcused = grep { index($path, $_->{path}) == 0 && $line =~ $_->{pattern} } @excuses;
        refuse("$path:$number: '$&': write $word->{instead}\n") if @ARGV || !$isExcused;
      }
    }
    if ($path =~ /\.swift$/ && $line =~ /^\s*\@Test\b/) {
      my $attribute = $line . ($lines[$number] // '');
      refuse("$path:$number: give the test a sentence as its title\n") if $attribute !~ /\@Test\(\s*"[^"\n]* /;
    }
  }
}
exit $isRefused;
