// What every search space has to hold to. Call expect_space_contract() on a new one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "gtn/core/error.h"
#include "gtn/nets/spec.h"
#include "gtn/search/space.h"

namespace gtn {

inline void expect_architecture(const Space& space, const std::string& genotype) {
  SCOPED_TRACE(genotype);
  EXPECT_EQ(space.canonical(genotype), genotype);
  const auto net = make_net(space.learner(genotype), {1, 28, 28}, 10);
  EXPECT_GT(net->parameter_count(), 0);
  EXPECT_GT(net->multiply_adds(), 0);
  EXPECT_FALSE(space.features(genotype).empty());
}

// `draws` samples with their neighbours.
inline void expect_space_contract(const Space& space, uint64_t draws = 20) {
  EXPECT_FALSE(space.name().empty());
  EXPECT_NE(space.describe().find(space.name()), std::string::npos);
  EXPECT_THROW(space.canonical("no genotype"), Error);
  EXPECT_THROW(space.canonical(""), Error);
  std::set<std::string> seen;
  for (uint64_t i = 0; i < draws; ++i) {
    const Key key = Key(7).split(i);
    const std::string genotype = space.sample(key);
    EXPECT_EQ(space.sample(key), genotype);
    seen.insert(genotype);
    expect_architecture(space, genotype);
    const std::vector<std::string> neighbours = space.neighbours(genotype);
    EXPECT_FALSE(neighbours.empty());
    EXPECT_TRUE(std::ranges::is_sorted(neighbours));
    EXPECT_EQ(std::ranges::adjacent_find(neighbours), neighbours.end()) << "one stands there twice";
    EXPECT_FALSE(std::ranges::binary_search(neighbours, genotype));
    const std::string child = mutate(space, genotype, key);
    EXPECT_TRUE(std::ranges::binary_search(neighbours, child));
    expect_architecture(space, child);
    EXPECT_NE(space.learner(child), space.learner(genotype));
    EXPECT_NE(space.features(child), space.features(genotype));
  }
  EXPECT_GT(seen.size(), draws / 2);
  if (!space.size()) {
    EXPECT_THROW(space.at(0), std::out_of_range);
    return;
  }
  EXPECT_THROW(space.at(*space.size()), std::out_of_range);
  EXPECT_THROW(space.at(-1), std::out_of_range);
  std::set<std::string> all, learners;
  for (int64_t i = 0; i < *space.size(); ++i) {
    all.insert(space.at(i));
    learners.insert(space.learner(space.at(i)));
  }
  EXPECT_EQ(std::ssize(all), *space.size());
  EXPECT_EQ(learners.size(), all.size()) << "two genotypes build one network";
  EXPECT_TRUE(std::ranges::includes(all, seen));
}

}  // namespace gtn
