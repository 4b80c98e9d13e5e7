// A space of one's own, written in TOML: a learner text with names in braces, and choices that fill them.
//
//   name = "small"                                # of the space; the file's name where it is left out
//   learner = "{blocks} {head} linear(classes)"
//
//   [choices]
//   kernel = [3, 5]
//   width = [{width = 8, wide = 16}, {width = 16, wide = 32}]
//   depth = [{depth = 1, blocks = "{first}"}, {depth = 2, blocks = "{first} {second}"}]
//   head = ["flatten", "gap"]
//
//   [parts]
//   first = "conv({width}, k={kernel}) relu maxpool(2)"
//   second = "conv({wide}, k={kernel}) relu maxpool(2)"
//
// An option is a text or a number, or a table of these that are chosen together, of which the one with the choice's
// name is its label: a word. A part is a text with a name. Choices and parts may name others, but not in a circle.
// Braces around a name alone are a reference; those of the learner text have blanks inside: res{ relu }.
//
// A genotype lists the choices that matter under the others, in the order of the file: "kernel=3 width=8 depth=1
// head=gap". A choice of one option is not listed; "only" is the genotype where nothing is to be chosen.
#pragma once

#include <set>
#include <unordered_map>

#include "gtn/search/grid.h"
#include "gtn/search/space.h"

namespace gtn {

class TomlFaults;

class GridSpace final : public Space {
 public:
  // `toml` is the text of a file and `where` its path, for messages. Goes through all combinations once, and builds one
  // network for each option, on images of common sizes.
  //
  // Throws one usage error that lists, with their lines: unknown keys; choices without options, with an option twice or
  // one that is no word; names that nothing fills, that are filled twice or never used, and circles; options whose
  // learner text builds on none of the images. Another one where there are more than 200,000 combinations, or their
  // texts would take more than 256 MiB.
  GridSpace(std::string_view toml, const std::string& where);

  std::string name() const override { return grid_.name; }
  std::string describe() const override;
  std::optional<int64_t> size() const override { return std::ssize(architectures_); }
  std::string at(int64_t index) const override;
  std::string sample(const Key& key) const override;
  // Takes the choices in any order, and choices besides that do not matter. Of the genotypes with the same learner text
  // the first in the order of the options stands for all.
  std::string canonical(const std::string& genotype) const override;
  // What differs in one of the choices that matter to both, in some genotype of each. A choice that matters to one of
  // them alone may have any option. So this is symmetric.
  std::vector<std::string> neighbours(const std::string& genotype) const override;
  std::string learner(const std::string& genotype) const override;
  // The canonical genotype's words.
  std::vector<std::string> features(const std::string& genotype) const override;

 private:
  struct Architecture {
    std::string learner;
    std::vector<Assignment> genotypes;  // all that build it, the canonical one first
  };
  using Tried = std::set<std::pair<size_t, int>>;  // (choice, option)

  void add(const Assignment& assignment, Tried& tried, TomlFaults& faults);
  std::string genotype_of(size_t architecture) const;
  size_t index_of(const Assignment& assignment) const;

  Grid grid_;
  std::vector<Architecture> architectures_;
  std::unordered_map<std::string, size_t> by_learner_;  // indices into them
  size_t bytes_ = 0;                                    // of their texts and genotypes
};

// "convnet": plain convolutional networks of one to three blocks.
SpacePtr convnet_space();

// "vgg": blocks of one or two 3x3 convolutions, plain or residual, up to 256 channels wide: networks as large as those
// that one would pick by hand, at five times the multiply-adds of "convnet" in the mean.
SpacePtr vgg_space();

// "mlp": networks of one to four hidden layers for tables; images are flattened.
SpacePtr mlp_space();

// "presets": the named learners (gtn/nets/spec.h), what a person would pick by hand. A search of them is the control of
// a search of anything else.
SpacePtr presets_space();

}  // namespace gtn
