// A search space: a set of architectures, each named by a text, its genotype. What a genotype builds is a learner text,
// so that whatever teaches, trains, counts or draws learners works for every space.
//
// To add one, derive a final class, name it in open_space.cpp, and call expect_space_contract() on it in a test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtn/core/random.h"

namespace gtn {

class Space {
 public:
  virtual ~Space() = default;

  virtual std::string name() const = 0;
  // A few lines for a person: what may be chosen, and an example of a genotype.
  virtual std::string describe() const = 0;

  // How many different architectures there are (canonical genotypes); none where they were never counted.
  virtual std::optional<int64_t> size() const = 0;
  // Architecture `index` in [0, size()), in an order that never changes. Throws std::out_of_range elsewhere, and where
  // size() is none.
  virtual std::string at(int64_t index) const = 0;

  // A genotype drawn uniformly, in its canonical form.
  virtual std::string sample(const Key& key) const = 0;

  // The one text that stands for this architecture and for all others that build the same network. Throws a usage
  // error that names the position in `genotype` and what may stand there.
  virtual std::string canonical(const std::string& genotype) const = 0;

  // The canonical genotypes one choice away from a canonical one: distinct, without itself, sorted.
  virtual std::vector<std::string> neighbours(const std::string& genotype) const = 0;

  // The learner that a genotype builds (gtn/nets/spec.h). Throws what canonical() throws.
  virtual std::string learner(const std::string& genotype) const = 0;

  // What a canonical genotype is made of, as words such as "kernel=5": equal architectures have equal words, related
  // ones share many. A word may occur several times. What predictors compare architectures by.
  virtual std::vector<std::string> features(const std::string& genotype) const = 0;
};

using SpacePtr = std::shared_ptr<const Space>;

// One of the neighbours, each as likely; the genotype itself where it has none.
std::string mutate(const Space& space, const std::string& genotype, const Key& key);

// "convnet", "vgg", "mlp", "presets", "nb201", "nao", or the path of a TOML file with a space of one's own
// (gtn/search/grid_space.h). Throws a usage error that lists the names, or every fault of the file.
SpacePtr open_space(const std::string& name_or_path);

// The names that open_space() knows, for help texts.
const std::vector<std::string>& space_names();

}  // namespace gtn
