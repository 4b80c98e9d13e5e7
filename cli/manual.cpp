// gtn manual: the manual page gtn(1), written from the parser's own words.
#include <cstdio>

#include "cli/outline.h"
#include "cli/verbs.h"
#include "gtn/core/version.h"

namespace gtn {
namespace {

// As text of a manual page: no character of it is an instruction.
std::string roff(const std::string& text) {
  std::string page;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins_line = i == 0 || text[i - 1] == '\n';
    if (begins_line && (text[i] == '.' || text[i] == '\'')) page += "\\&";
    if (text[i] == '\\')
      page += "\\e";
    else if (text[i] == '-')
      page += "\\-";
    else
      page += text[i];
  }
  return page;
}

// "gtn trials list"; in bold.
std::string command(const VerbOutline& verb) {
  return "\\fBgtn" + (verb.path.empty() ? "" : " " + roff(path_text(verb))) + "\\fR";
}

std::string synopsis(const VerbOutline& verb) {
  std::string line = command(verb) + " [\\fIoptions\\fR]";
  for (const OptionOutline& option : verb.options)
    if (option.names.empty()) line += " \\fI" + roff(option.label) + "\\fR" + (option.repeats ? " ..." : "");
  return line + "\n";
}

std::string option_text(const OptionOutline& option) {
  std::string text = ".TP\n";
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back("\\fB" + roff(name) + "\\fR");
  text += names.empty() ? "\\fI" + roff(option.label) + "\\fR" : joined(names, ", ");
  if (!option.choices.empty())
    text += " \\fR" + roff(joined(option.choices, "|"));
  else if (!option.kind.empty() && !names.empty())
    text += " \\fI" + roff(option.kind) + "\\fR";
  return text + "\n" + roff(option.meaning) + (option.required ? " (needed)" : "") + "\n";
}

std::string section(const VerbOutline& verb) {
  std::string text = ".SS " + command(verb) + "\n" + roff(verb.meaning) + ".\n";
  for (const OptionOutline& option : verb.options)
    if (option.names != std::vector<std::string>{"-h", "--help"}) text += option_text(option);
  if (!verb.footer.empty()) text += ".PP\n.nf\n" + roff(verb.footer) + "\n.fi\n";
  return text;
}

std::string page_of(const VerbOutline& program) {
  std::string text = ".TH GTN 1 \"\" \"gtn " GTN_VERSION "\" \"User Commands\"\n.SH NAME\ngtn \\- " +
                     roff(program.meaning) + "\n.SH SYNOPSIS\n.nf\n";
  const std::vector<const VerbOutline*> all = all_verbs(program);
  for (const VerbOutline* verb : all)
    if (verb->verbs.empty()) text += synopsis(*verb);
  text += ".fi\n.SH DESCRIPTION\n" + roff(program.meaning) + "\nEvery verb answers to \\fB\\-\\-help\\fR.\n.PP\n.nf\n" +
          roff(program.footer) + "\n.fi\n.SH VERBS\n";
  for (const VerbOutline* verb : all)
    if (!verb->path.empty()) text += section(*verb);
  return text +
         ".SH EXIT STATUS\n"
         ".TP\n0\nWhat was asked for is done.\n"
         ".TP\n1\nThe machine or a file denied it: a broken file, a full disk.\n"
         ".TP\n2\nThe request makes no sense: an unknown verb, option or key, a wrong learner text.\n"
         ".TP\n130\nInterrupted; the run can be gone on with.\n";
}

}  // namespace

void add_manual(CLI::App& program, Action& chosen) {
  CLI::App* verb = program.add_subcommand("manual", "Write the manual page gtn(1)");
  verb->group("");  // for packagers: what it prints is for man, not for a person
  verb->callback([&program, &chosen] {
    chosen = [&program] {
      std::fputs(page_of(outline_of(program)).c_str(), stdout);
      return 0;
    };
  });
}

}  // namespace gtn
