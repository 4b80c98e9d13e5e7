// The one exception type: something the program's user did, or the machine denied. Divergence and NaN are not errors,
// they are values.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace gtn {

enum class ErrorKind {
  usage,    // the request makes no sense: a flag, a key, a learner text (exit code 2)
  failure,  // the request was fine, the world was not: a broken file, a full disk (exit code 1)
};

// Message: where, what is wrong, what to do. `where` is a path, a key or a flag.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& where, const std::string& what)
      : std::runtime_error(where.empty() ? what : where + ": " + what), kind_(kind) {}

  ErrorKind kind() const { return kind_; }
  int exit_code() const { return kind_ == ErrorKind::usage ? 2 : 1; }

 private:
  ErrorKind kind_;
};

inline Error usage_error(const std::string& where, const std::string& what) { return {ErrorKind::usage, where, what}; }
inline Error failure(const std::string& where, const std::string& what) { return {ErrorKind::failure, where, what}; }

// Collects every fault of one file or request, so that a person mends them in one go.
class Faults {
 public:
  explicit Faults(std::string where) : where_(std::move(where)) {}

  void add(std::string what) { faults_.push_back(std::move(what)); }
  bool empty() const { return faults_.empty(); }

  // Throws one Error that lists all faults; does nothing where there are none.
  void throw_if_any(ErrorKind kind) const {
    if (faults_.empty()) return;
    if (faults_.size() == 1) throw Error(kind, where_, faults_.front());
    std::string text = std::to_string(faults_.size()) + " faults";
    for (const std::string& fault : faults_) {
      text += "\n  - ";
      for (const char c : fault) text += c == '\n' ? "\n    " : std::string(1, c);  // of several lines: further in
    }
    throw Error(kind, where_, text);
  }

 private:
  std::string where_;
  std::vector<std::string> faults_;
};

}  // namespace gtn
