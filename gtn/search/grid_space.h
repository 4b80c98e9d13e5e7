// A space of choices written in TOML: a learner text with names in braces, each of which a choice fills.
//
//   learner = "{blocks} {top} linear(classes)"
//
//   [choices]
//   depth = [{depth = 1, blocks = "{first}"}, {depth = 2, blocks = "{first} {second}"}]
//   width = [{width = 8, wide = 16}, {width = 16, wide = 32}]
//   kernel = [3, 5]
//   top = [{top = "flat", layers = "flatten"}, {top = "gap", layers = "gap"}]
//
//   [parts]
//   first = "conv({width}, k={kernel}) relu maxpool(2)"
//   second = "conv({wide}, k={kernel}) relu maxpool(2)"
//
// An option is a value, or a table of values that are chosen together, of which the one that bears the choice's name is
// its label. A part is a text with a name. Choices and parts may name others. A genotype lists the choices that matter:
// "depth=1 width=8 kernel=3 top=flat"; a choice of one option is not listed.
#pragma once

#include <map>
#include <utility>

#include "gtn/search/grid_reader.h"
#include "gtn/search/space.h"

namespace gtn {

// The genotype of a space without a choice.
inline constexpr const char* kOnly = "only";

class GridSpace final : public Space {
 public:
  // Walks through all combinations once. Throws what read_grid() throws, and a usage error at `where` (a path, say) for
  // a combination whose learner text does not parse.
  GridSpace(std::string name, std::string_view toml, const std::string& where);

  std::string name() const override { return name_; }
  std::string describe() const override;
  std::optional<int64_t> size() const override { return std::ssize(architectures_); }
  std::string at(int64_t index) const override;
  std::string sample(const Key& key) const override;
  std::string canonical(const std::string& genotype) const override;
  // Choices that come to matter by the change take their first option.
  std::vector<std::string> neighbours(const std::string& genotype) const override;
  std::string learner(const std::string& genotype) const override;
  std::vector<std::string> features(const std::string& genotype) const override;

 private:
  struct Architecture {
    std::string genotype, learner;
    std::vector<size_t> options;  // of each choice
  };

  std::string genotype_of(const std::vector<size_t>& options, const std::vector<bool>& matters) const;
  const Architecture& find(const std::string& genotype) const;

  std::string name_;
  Grid grid_;
  std::vector<Architecture> architectures_;   // one a learner text: the first combination that builds it
  std::map<std::string, size_t> by_learner_;  // indices into them
};

// The built-in space of plain convolutional networks: depth, width, kernel, norm, activation, pooling and head.
std::unique_ptr<GridSpace> convnet_space();

}  // namespace gtn
