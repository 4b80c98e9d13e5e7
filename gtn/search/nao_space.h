// The search space of NAO (Luo et al., 2018), in which the paper searches: a normal and a reduction cell of five nodes
// (gtn/nets/nao.h). A node has two inputs, and 11 operations for each: (11^10 6!^2)^2 or 1.8e32 texts.
//
// The order of a node's inputs and of the nodes does not matter: cells are one architecture where a renaming of the
// nodes leads from one to the other. More is not sought: sums that are the same once their identities are taken out
// count as different, and so do reduction cells in a network that never reads them.
#pragma once

#include "gtn/search/cell_space.h"
#include "gtn/search/space.h"

namespace gtn {

class NaoSpace final : public Space {
 public:
  explicit NaoSpace(const CellSpaceConfig& config = {}) : config_(config) {}

  // "nao", with its width and cells where they are not the usual ones: open_space() takes it.
  std::string name() const override;
  std::string describe() const override;
  std::optional<int64_t> size() const override { return std::nullopt; }
  std::string at(int64_t index) const override;
  // Uniform over the texts, so that an architecture that many texts write is drawn more often.
  std::string sample(const Key& key) const override;
  // Throws what parse_nao() throws.
  std::string canonical(const std::string& genotype) const override;
  // Another operation at one place, or another node read there, wherever that makes no circle: symmetric.
  std::vector<std::string> neighbours(const std::string& genotype) const override;
  std::string learner(const std::string& genotype) const override;
  // For each cell its operations, as "normal:conv3x3", and each path from an input to the output, as
  // "normal:1>conv3x3>identity" (the path encoding of White et al., 2021, BANANAS).
  std::vector<std::string> features(const std::string& genotype) const override;

 private:
  CellSpaceConfig config_;
};

}  // namespace gtn
