#!/usr/bin/perl
# Writes a man page for each command: `manual.pl MURPHY AGENT FOLDER`. The pages have the texts of --help: those of
# murphy as ArgumentParser's JSON (--experimental-dump-help), those of murphy-agent as they are printed.
use strict;
use warnings;
use JSON::PP;
use POSIX qw(strftime);

my ($murphy, $agent, $folder) = @ARGV;
# Help without wrapped lines, which man(1) wraps itself.
$ENV{COLUMNS} = 1_000_000;
my $date = strftime('%Y-%m-%d', gmtime($ENV{SOURCE_DATE_EPOCH} // time));
chomp(my $version = output($murphy, '--version'));
my $tool = JSON::PP->new->utf8->decode(output($murphy, '--experimental-dump-help'));
die "manual.pl reads version 0 of ArgumentParser's JSON\n" if $tool->{serializationVersion} != 0;
page($tool->{command}, []);
agentPage(output($agent, '--help'));

sub output {
  open my $pipe, '-|', @_ or die "$_[0]: $!\n";
  local $/;
  my $text = <$pipe>;
  close $pipe or die "@_ failed\n";
  return $text;
}

# Text for troff: no character of it is a request or an escape.
sub text {
  my ($text) = @_;
  $text =~ s/\\/\\e/g;
  $text =~ s/-/\\-/g;
  $text =~ s/^([.'])/\\&$1/mg;
  # A long address may be broken after its slashes.
  $text =~ s{(\S{24,})}{$1 =~ s|/|/\\:|gr}ge;
  return $text;
}

# Paragraphs, which are separated by blank lines.
sub paragraphs { return join "\n.PP\n", map { s/\s+/ /g; text($_) } split /\n\s*\n/, $_[0] =~ s/\s+$//r }

# The name of a page, for a command and those above it.
sub name { return join '-', @_ }

sub writePage {
  my ($name, $section, $title, $abstract, $body) = @_;
  open my $file, '>:utf8', "$folder/$name.$section" or die "$folder/$name.$section: $!\n";
  $abstract =~ s/\.$//;
  my $head = sprintf qq(.TH "%s" %s %s "murphy %s" "%s"\n), uc $name, $section, $date, $version, $title;
  print $file $head, ".nh\n.ad l\n.SH NAME\n", text($name), ' \- ', text($abstract), "\n", $body;
  close $file or die "$name: $!\n";
}

# An option or argument as in a synopsis, without brackets.
sub usage {
  my ($argument) = @_;
  my $value = '\fI' . text($argument->{valueName} // 'value') . '\fR';
  return $value if $argument->{kind} eq 'positional';
  my @names = sort { length $a <=> length $b }
    map { '\fB' . text(($_->{kind} eq 'long' ? '--' : '-') . $_->{name}) . '\fR' } @{$argument->{names}};
  return join(', ', @names) . ($argument->{kind} eq 'option' ? " $value" : '');
}

sub synopsis {
  my ($argument) = @_;
  my $usage = usage($argument);
  $usage =~ s/^.*, // if $argument->{kind} ne 'positional';
  $usage .= ' ...' if $argument->{isRepeating};
  return $argument->{isOptional} ? "[$usage]" : $usage;
}

# The list of options or arguments, with their texts, values and defaults.
sub entries {
  my ($title, @arguments) = @_;
  return '' if !@arguments;
  my $list = ".SH $title\n";
  for my $argument (@arguments) {
    my @notes;
    push @notes, 'values: ' . join(', ', @{$argument->{allValues}}) if $argument->{allValues};
    push @notes, "default: $argument->{defaultValue}" if defined $argument->{defaultValue};
    my $text = join "\n\n", grep { defined } $argument->{abstract}, $argument->{discussion};
    $text .= ' (' . join('; ', @notes) . ')' if @notes;
    my $body = paragraphs($text);
    $body =~ s/^\.PP$/.IP/mg;
    $list .= ".TP\n" . usage($argument) . "\n$body\n";
  }
  return $list;
}

sub page {
  my ($command, $above) = @_;
  my @path = (@$above, $command->{commandName});
  my @arguments = grep { $_->{shouldDisplay} } @{$command->{arguments} // []};
  # Every command has --help, and `help COMMAND` prints the same.
  my @listed = grep { !$_->{names} || !grep { $_->{name} =~ /^(help|version)$/ } @{$_->{names}} } @arguments;
  my @commands = grep { $_->{commandName} ne 'help' && ($_->{shouldDisplay} // 1) } @{$command->{subcommands} // []};
  my $body = ".SH SYNOPSIS\n\\fB" . text("@path") . '\fR ';
  $body .= @commands ? '\fIcommand\fR' : join ' ', map { synopsis($_) } @listed;
  $body .= "\n.SH DESCRIPTION\n" . paragraphs($command->{abstract} // '') . "\n";
  $body .= ".PP\n" . paragraphs($command->{discussion}) . "\n" if $command->{discussion};
  if (@commands) {
    $body .= ".SH COMMANDS\n";
    for my $sub (@commands) {
      my $page = text(name(@path, $sub->{commandName}));
      $body .= ".TP\n.BR $page (1)\n" . paragraphs($sub->{abstract} // '') . "\n";
      page($sub, \@path);
    }
  }
  $body .= entries('ARGUMENTS', grep { $_->{kind} eq 'positional' } @arguments);
  $body .= entries('OPTIONS', grep { $_->{kind} ne 'positional' } @arguments);
  my @related = @path > 1 ? name(@path[0 .. $#path - 1]) . '(1)' : 'murphy-agent(8)';
  $body .= ".SH SEE ALSO\n" . join(",\n", map { /(.*)(\(\d\))/; '.BR ' . text($1) . " $2" } @related) . "\n";
  writePage(name(@path), 1, 'User Commands', $command->{abstract} // '', $body);
}

# The agent prints `murphy-agent: ABSTRACT`, then paragraphs, and lists of `  TERM  TEXT`.
sub agentPage {
  my ($help) = @_;
  my ($first, @blocks) = split /\n\s*\n/, $help;
  my ($abstract) = $first =~ /^murphy-agent: (.*)$/s or die "murphy-agent --help begins with another line\n";
  my $body = ".SH SYNOPSIS\n\\fBmurphy\\-agent\\fR [\\fIcommand\\fR] [\\fIoptions\\fR]\n.SH DESCRIPTION\n";
  for my $block (@blocks) {
    my @rows = map { [/^  (\S.*?)  +(\S.*)$/] } split /\n/, $block;
    if (grep { !@$_ } @rows) {
      $body .= ".PP\n" . paragraphs($block) . "\n";
    } else {
      $body .= join '', map { ".TP\n\\fB" . text($_->[0]) . "\\fR\n" . text($_->[1]) . "\n" } @rows;
    }
  }
  $body .= ".SH FILES\n.TP\n/etc/murphy/agent.json\nThe policy: what this host allows.\n"
    . ".TP\n/var/lib/murphy/leases\nThe leases, with their undo records.\n.SH SEE ALSO\n.BR murphy (1)\n";
  writePage('murphy-agent', 8, 'System Administration', $abstract, $body);
}
