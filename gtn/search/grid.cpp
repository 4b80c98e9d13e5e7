#include "gtn/search/grid.h"

#include <algorithm>

#include "gtn/core/error.h"
#include "gtn/core/nearest.h"
#include "gtn/core/quote.h"
#include "gtn/nets/spec_parser.h"

namespace gtn {
namespace {

constexpr const char* kOnly = "only";
constexpr size_t kMaxLearner = 16 << 10;
constexpr size_t kMaxGenotype = 16 << 10;
constexpr int kMaxNames = 16 << 10;  // replaced in one learner text: empty texts could double without end

// The text that a name stands for; none where that is not chosen.
const GridText* text_of(const Grid& grid, size_t index, const Assignment& assignment) {
  const GridName& name = grid.names[index];
  if (!name.choice || !grid.choices[*name.choice].is_open()) return &name.texts.front();
  const int option = assignment[*name.choice];
  return option < 0 ? nullptr : &name.texts[static_cast<size_t>(option)];
}

class Expansion {
 public:
  Expansion(const Grid& grid, const Assignment& assignment) : grid_(grid), assignment_(assignment) {}

  void append(const GridText& text) {
    for (const auto& piece : text) {
      if (const auto* literal = std::get_if<std::string>(&piece))
        learner_ += *literal;
      else if (++names_ <= kMaxNames)
        append(*text_of(grid_, std::get<size_t>(piece), assignment_));
      if (learner_.size() > kMaxLearner || names_ > kMaxNames)
        throw usage_error("learner text", "grows beyond " + std::to_string(kMaxLearner >> 10) + " KiB");
    }
  }

  const std::string& learner() const { return learner_; }

 private:
  const Grid& grid_;
  const Assignment& assignment_;
  std::string learner_;
  int names_ = 0;
};

std::string options_text(const GridChoice& choice) {
  std::string text;
  for (const GridOption& option : choice.options) text += (text.empty() ? "" : ", ") + option.label;
  return text;
}

// Reads a genotype word by word and collects its faults.
class GenotypeReader {
 public:
  GenotypeReader(const Grid& grid, const std::string& text)
      : grid_(grid), text_(text), faults_("genotype " + quoted(text)), given_(grid.choices.size(), -1) {
    for (const GridChoice& choice : grid.choices) names_.push_back(choice.name);
  }

  Assignment read() && {
    if (text_.size() > kMaxGenotype) throw usage_error("genotype", "is longer than 16 KiB");
    constexpr const char* kBlanks = " \t\r\n";
    for (size_t end, begin = text_.find_first_not_of(kBlanks); begin < text_.size() && text_ != kOnly;
         begin = text_.find_first_not_of(kBlanks, end)) {
      end = std::min(text_.find_first_of(kBlanks, begin), text_.size());
      take(text_.substr(begin, end - begin), begin + 1);
    }
    faults_.throw_if_any(ErrorKind::usage);
    expect_all_that_matters();
    return std::move(given_);
  }

 private:
  void take(const std::string& word, size_t column) {
    const size_t equals = std::min(word.find('='), word.size());
    const std::string name = word.substr(0, equals);
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end())
      return fault(column, quoted(name) + " is no choice" + advice(name, names_, "there are: "));
    if (equals == word.size()) return fault(column, "'" + name + "' has no option; write " + name + "=OPTION");
    const auto index = static_cast<size_t>(found - names_.begin());
    if (given_[index] >= 0) return fault(column, "'" + name + "' is there twice");
    const std::string label = word.substr(equals + 1);
    const auto& options = grid_.choices[index].options;
    const auto option = std::ranges::find(options, label, &GridOption::label);
    given_[index] = static_cast<int>(option - options.begin());
    if (option != options.end()) return;
    std::vector<std::string> labels;
    for (const GridOption& known : options) labels.push_back(known.label);
    fault(column + equals + 1,
          quoted(label) + " is no option of '" + name + "'" + advice(label, labels, "there are: "));
  }

  void expect_all_that_matters() {
    const std::vector<bool> matters = mattering(grid_, given_);
    for (size_t i = 0; i < given_.size(); ++i) {
      const GridChoice& choice = grid_.choices[i];
      if (matters[i] && choice.is_open() && given_[i] < 0)
        fault(text_.size() + 1, "'" + choice.name + "=' is missing; its options are: " + options_text(choice));
      if (!matters[i] || !choice.is_open()) given_[i] = -1;
    }
    faults_.throw_if_any(ErrorKind::usage);
  }

  static std::string advice(const std::string& word, const std::vector<std::string>& known, const std::string& lead) {
    std::string list;
    for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
    return hint(word, known, "; " + lead + list);
  }

  void fault(size_t column, const std::string& what) { faults_.add("column " + std::to_string(column) + ": " + what); }

  const Grid& grid_;
  const std::string& text_;
  Faults faults_;
  std::vector<std::string> names_;
  Assignment given_;
};

void mark(const Grid& grid, const Assignment& assignment, const GridText& text, std::vector<bool>& seen) {
  for (const auto& piece : text) {
    const auto* name = std::get_if<size_t>(&piece);
    if (!name || seen[*name]) continue;
    seen[*name] = true;
    if (const GridText* inner = text_of(grid, *name, assignment)) mark(grid, assignment, *inner, seen);
  }
}

}  // namespace

std::vector<bool> mattering(const Grid& grid, const Assignment& assignment) {
  std::vector<bool> seen(grid.names.size()), result(grid.choices.size());
  mark(grid, assignment, grid.learner, seen);
  for (size_t i = 0; i < seen.size(); ++i)
    if (seen[i] && grid.names[i].choice) result[*grid.names[i].choice] = true;
  return result;
}

void for_each_completion(const Grid& grid, Assignment partial, const std::function<void(const Assignment&)>& visit) {
  const std::vector<bool> matters = mattering(grid, partial);
  for (size_t i = 0; i < partial.size(); ++i) {
    if (!matters[i] || partial[i] >= 0 || !grid.choices[i].is_open()) continue;
    for (size_t option = 0; option < grid.choices[i].options.size(); ++option) {
      partial[i] = static_cast<int>(option);
      for_each_completion(grid, partial, visit);
    }
    return;
  }
  visit(partial);
}

std::string learner_text(const Grid& grid, const Assignment& assignment) {
  Expansion expansion(grid, assignment);
  expansion.append(grid.learner);
  return to_string(parse_spec(expansion.learner()));
}

std::string genotype_text(const Grid& grid, const Assignment& assignment) {
  std::string text;
  for (size_t i = 0; i < assignment.size(); ++i) {
    if (assignment[i] < 0) continue;
    const GridChoice& choice = grid.choices[i];
    text += (text.empty() ? "" : " ") + choice.name + "=" + choice.options[static_cast<size_t>(assignment[i])].label;
  }
  return text.empty() ? kOnly : text;
}

Assignment parse_genotype(const Grid& grid, const std::string& genotype) {
  return GenotypeReader(grid, genotype).read();
}

}  // namespace gtn
