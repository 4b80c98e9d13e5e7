// The search space of NAS-Bench-201 (Dong and Yang, 2020): 15,625 cells of six edges with five operations each; a
// genotype is the benchmark's own text (gtn/nets/genotype.h).
#pragma once

#include <map>

#include "gtn/search/space.h"

namespace gtn {

struct Nb201Config {
  int64_t width = 8;  // the benchmark has 16 and 5; these suit two cores
  int64_t cells = 1;
};

// Cells are one architecture where they compute the same sums of the same operations: `none` adds nothing,
// `skip_connect` adds what it reads, and the order and nesting of sums do not matter. That leaves fewer than the 6,466
// structures that the benchmark's paper counts, which tells a sum with a zero from one without. The cells whose output
// is zero, since `none` cuts every path, build no network and are not in the space.
class Nb201Space final : public Space {
 public:
  explicit Nb201Space(const Nb201Config& config = {});

  std::string name() const override { return "nb201"; }
  std::string describe() const override;
  std::optional<int64_t> size() const override { return std::ssize(canonical_); }
  std::string at(int64_t index) const override { return canonical_.at(static_cast<size_t>(index)); }
  std::string sample(const Key& key) const override;
  std::string canonical(const std::string& genotype) const override;
  std::vector<std::string> neighbours(const std::string& genotype) const override;
  std::string learner(const std::string& genotype) const override;
  // The operation of each edge, and the operations along each path from the cell's input to its output.
  std::vector<std::string> features(const std::string& genotype) const override;

 private:
  Nb201Config config_;
  std::vector<std::string> canonical_;          // the first genotype of each structure
  std::map<std::string, size_t> by_structure_;  // indices into it
};

}  // namespace gtn
