// gtn completion: what a shell needs to complete the program's words, written from the parser's own.
#include <cstdio>
#include <functional>
#include <map>

#include "cli/outline.h"
#include "cli/verbs.h"

namespace gtn {
namespace {

using Words = std::vector<std::string>;

// In single quotes, as `escape` is spelled where the text holds one.
std::string in_quotes(const std::string& text, const std::string& escape) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? escape : std::string(1, c == '\n' ? ' ' : c);
  return quoted + "'";
}
std::string posix_quoted(const std::string& text) { return in_quotes(text, "'\\''"); }
std::string fish_quoted(const std::string& text) { return in_quotes(text, "\\'"); }

// One line of `line` for each verb below the program, whose word turns the path so far into its own.
std::string verb_steps(const VerbOutline& program,
                       const std::function<std::string(const std::string& seen, const std::string& path)>& line) {
  std::string text;
  for (const VerbOutline* verb : all_verbs(program)) {
    if (verb->path.empty()) continue;
    const Words above(verb->path.begin(), verb->path.end() - 1);
    text += line(posix_quoted(joined(above, " ") + " " + verb->path.back()), posix_quoted(path_text(*verb)));
  }
  return text;
}

// As bash and zsh spell them within a case.
std::string case_steps(const VerbOutline& program) {
  return verb_steps(program,
                    [](const auto& seen, const auto& path) { return "    " + seen + ") verb=" + path + " ;;\n"; });
}

// Patterns "VERB --option" of the options that take a value: those of few values with these, and all others.
struct ValuePatterns {
  std::vector<std::pair<std::string, Words>> choices;
  Words files;
};

ValuePatterns value_patterns(const VerbOutline& program) {
  ValuePatterns patterns;
  for (const VerbOutline* verb : all_verbs(program))
    for (const OptionOutline& option : verb->options) {
      if (option.kind.empty()) continue;
      for (const std::string& name : option.names) {
        const std::string pattern = posix_quoted(path_text(*verb) + " " + name);
        if (option.choices.empty())
          patterns.files.push_back(pattern);
        else
          patterns.choices.emplace_back(pattern, option.choices);
      }
    }
  return patterns;
}

// What may stand without a dash: verbs, or the values of a positional that takes only these.
Words plain_words(const VerbOutline& verb) {
  Words words;
  for (const VerbOutline& below : verb.verbs) words.push_back(below.path.back());
  for (const OptionOutline& option : verb.options)
    if (option.names.empty()) words.insert(words.end(), option.choices.begin(), option.choices.end());
  return words;
}

Words option_words(const VerbOutline& verb) {
  Words words;
  for (const OptionOutline& option : verb.options) words.insert(words.end(), option.names.begin(), option.names.end());
  return words;
}

std::string bash_script(const VerbOutline& program) {
  const ValuePatterns values = value_patterns(program);
  std::string text =
      "# Completion of gtn for bash, written by: gtn completion bash\n"
      "_gtn() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb= plain= options= word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$verb $word\" in\n";
  text += case_steps(program);
  text += "    esac\n  done\n  COMPREPLY=()\n  case \"$verb $previous\" in\n";
  for (const auto& [pattern, choices] : values.choices)
    text += "  " + pattern + ") COMPREPLY=($(compgen -W " + posix_quoted(joined(choices, " ")) +
            " -- \"$current\")); return ;;\n";
  text += "  " + joined(values.files, " | ") + ") return ;;\n  esac\n  case \"$verb\" in\n";
  for (const VerbOutline* verb : all_verbs(program))
    text += "  " + posix_quoted(path_text(*verb)) + ") plain=" + posix_quoted(joined(plain_words(*verb), " ")) +
            " options=" + posix_quoted(joined(option_words(*verb), " ")) + " ;;\n";
  return text +
         "  esac\n"
         "  [[ $current == -* ]] && plain=$options\n"
         "  COMPREPLY=($(compgen -W \"$plain\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _gtn gtn  # files where nothing else is known\n";
}

// "name:meaning", as zsh's _describe reads it.
std::string described(const std::string& name, const std::string& meaning) {
  return posix_quoted(name + ":" + meaning);
}

std::string zsh_script(const VerbOutline& program) {
  const ValuePatterns values = value_patterns(program);
  std::string text =
      "#compdef gtn\n"
      "# Completion of gtn for zsh, written by: gtn completion zsh\n"
      "_gtn() {\n"
      "  local verb= word\n"
      "  local -a plain options\n"
      "  for word in ${words[2,CURRENT-1]}; do\n"
      "    case \"$verb $word\" in\n";
  text += case_steps(program);
  text += "    esac\n  done\n  case \"$verb ${words[CURRENT-1]}\" in\n";
  for (const auto& [pattern, choices] : values.choices)
    text += "  " + pattern + ") compadd -- " + joined(choices, " ") + "; return ;;\n";
  text += "  " + joined(values.files, " | ") + ") _files; return ;;\n  esac\n  case \"$verb\" in\n";
  for (const VerbOutline* verb : all_verbs(program)) {
    text += "  " + posix_quoted(path_text(*verb)) + ")\n    plain=(";
    for (const VerbOutline& below : verb->verbs) text += "\n      " + described(below.path.back(), below.meaning);
    if (verb->verbs.empty()) text += joined(plain_words(*verb), " ");
    text += ")\n    options=(";
    for (const OptionOutline& option : verb->options)
      for (const std::string& name : option.names) text += "\n      " + described(name, option.meaning);
    text += ") ;;\n";
  }
  return text +
         "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then _describe option options\n"
         "  elif (( $#plain )); then _describe word plain\n"
         "  else _files; fi\n"
         "}\n"
         "if [[ ${funcstack[1]} == _gtn ]]; then _gtn \"$@\"; else compdef _gtn gtn; fi\n";
}

std::string fish_line(const VerbOutline& verb, const std::string& rest, const std::string& meaning) {
  return "complete -c gtn -n " + fish_quoted("__gtn_verb_is \"" + path_text(verb) + "\"") + rest + " -d " +
         fish_quoted(meaning) + "\n";
}

std::string fish_option(const VerbOutline& verb, const OptionOutline& option) {
  std::string rest;
  for (const std::string& name : option.names)
    rest += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.choices.empty())
    rest += std::string(option.names.empty() ? " -f" : " -x") + " -a " + fish_quoted(joined(option.choices, " "));
  else if (!option.kind.empty())
    rest += " -r";
  return fish_line(verb, rest, option.meaning);
}

std::string fish_script(const VerbOutline& program) {
  std::string text =
      "# Completion of gtn for fish, written by: gtn completion fish\n"
      "function __gtn_verb_is\n"
      "  set -l verb ''\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$verb $word\"\n";
  text += verb_steps(program, [](const auto& seen, const auto& path) {
    return "      case " + seen + "\n        set verb " + path + "\n";
  });
  text += "    end\n  end\n  test \"$verb\" = \"$argv[1]\"\nend\n";
  for (const VerbOutline* verb : all_verbs(program)) {
    for (const VerbOutline& below : verb->verbs) text += fish_line(*verb, " -f -a " + below.path.back(), below.meaning);
    for (const OptionOutline& option : verb->options)
      if (!option.names.empty() || !option.choices.empty()) text += fish_option(*verb, option);
  }
  return text;
}

using Script = std::string (*)(const VerbOutline&);
const std::map<std::string, Script> kScripts{{"bash", bash_script}, {"fish", fish_script}, {"zsh", zsh_script}};

}  // namespace

void add_completion(CLI::App& program, Action& chosen) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* verb = program.add_subcommand("completion", "Write the script by which a shell completes gtn's words");
  Words shells;
  for (const auto& [name, script] : kScripts) shells.push_back(name);
  verb->add_option("shell", *shell, "whose script to print")->required()->check(CLI::IsMember(shells));
  verb->footer(
      "Example:\n  eval \"$(gtn completion bash)\"   # in this shell\n  gtn completion zsh > "
      "~/.zfunc/_gtn\n  gtn completion fish > ~/.config/fish/completions/gtn.fish");
  verb->callback([shell, &program, &chosen] {
    chosen = [shell, &program] {
      std::fputs(kScripts.at(*shell)(outline_of(program)).c_str(), stdout);
      return 0;
    };
  });
}

}  // namespace gtn
