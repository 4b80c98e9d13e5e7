// What every space keeps to. To test a new one, call expect_space_contract() on it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "gtn/core/error.h"
#include "gtn/nets/spec.h"
#include "gtn/search/space.h"
#include "tests/core/expect_error.h"

namespace gtn {

enum class Symmetric { yes, no };

struct SpaceContract {
  Shape image{1, 28, 28};                // on which every architecture builds
  Symmetric symmetric = Symmetric::yes;  // whether the neighbours of a genotype have it as theirs
  uint64_t draws = 30;
};

namespace contract {

inline void expect_canonical(const Space& space, const std::string& genotype) {
  EXPECT_EQ(space.canonical(genotype), genotype);
}

// Of the neighbours of a genotype and of its mutants.
inline void expect_neighbours(const Space& space, const std::string& genotype, Symmetric symmetric) {
  const std::vector<std::string> neighbours = space.neighbours(genotype);
  EXPECT_TRUE(std::is_sorted(neighbours.begin(), neighbours.end()));
  EXPECT_EQ(std::set<std::string>(neighbours.begin(), neighbours.end()).size(), neighbours.size());
  EXPECT_EQ(std::count(neighbours.begin(), neighbours.end(), genotype), 0);
  for (const std::string& neighbour : neighbours) expect_canonical(space, neighbour);
  if (symmetric == Symmetric::yes)
    for (size_t i = 0; i < neighbours.size(); i += 1 + neighbours.size() / 10) {
      const std::vector<std::string> back = space.neighbours(neighbours[i]);
      EXPECT_TRUE(std::binary_search(back.begin(), back.end(), genotype)) << "not back from " << neighbours[i];
    }
  std::set<std::string> mutants;
  for (uint64_t i = 0; i < 8; ++i) {
    const std::string mutant = mutate(space, genotype, Key(i).split("mutate"));
    EXPECT_EQ(mutate(space, genotype, Key(i).split("mutate")), mutant);
    const bool known = neighbours.empty() || std::binary_search(neighbours.begin(), neighbours.end(), mutant);
    EXPECT_TRUE(known) << mutant;
    mutants.insert(mutant);
  }
  EXPECT_GT(mutants.size(), neighbours.size() > 4 ? 1u : 0u) << "the key has no say";
}

// Every index gives another architecture, and an index outside none.
inline void expect_enumerated(const Space& space) {
  if (!space.size()) {
    EXPECT_THROW(space.at(0), std::out_of_range);
    return;
  }
  const int64_t size = *space.size();
  EXPECT_GE(size, 1);
  std::set<std::string> genotypes, learners;
  for (int64_t i = 0; i < size; ++i) {
    genotypes.insert(space.at(i));
    learners.insert(space.learner(space.at(i)));
  }
  EXPECT_EQ(std::ssize(genotypes), size);
  EXPECT_EQ(std::ssize(learners), size) << "two architectures build the same learner";
  for (const int64_t outside : {int64_t{-1}, size}) EXPECT_THROW(space.at(outside), std::out_of_range);
}

}  // namespace contract

inline void expect_space_contract(const Space& space, const SpaceContract& expected = {}) {
  SCOPED_TRACE("space " + space.name());
  EXPECT_FALSE(space.name().empty());
  EXPECT_THAT(space.describe(), testing::HasSubstr(space.name()));
  contract::expect_enumerated(space);
  std::set<std::string> drawn;
  for (uint64_t i = 0; i < expected.draws; ++i) {
    const std::string genotype = space.sample(Key(i));
    SCOPED_TRACE(genotype);
    EXPECT_EQ(space.sample(Key(i)), genotype);
    drawn.insert(genotype);
    contract::expect_canonical(space, genotype);
    contract::expect_neighbours(space, genotype, expected.symmetric);
    EXPECT_FALSE(space.features(genotype).empty());
    EXPECT_EQ(space.features(genotype), space.features(genotype));
    const auto net = make_net(space.learner(genotype), expected.image, 10);
    EXPECT_EQ(make_net(net->text(), expected.image, 10)->text(), space.learner(genotype));
    EXPECT_GT(net->parameter_count(), 0);
    EXPECT_EQ(net->initial(Key(i)).numel(), net->parameter_count());
    EXPECT_GT(net->multiply_adds(), 0);
  }
  EXPECT_GT(drawn.size(), space.size().value_or(9) > 8 ? 1u : 0u) << "the key has no say";
  for (const char* text : {"?", "no such genotype", "\x01\xff=", "a=b=c = ~|+"})
    for (const auto& call : {&Space::canonical, &Space::learner})
      expect_error([&] { (space.*call)(text); }, ErrorKind::usage, {"genotype"});
}

}  // namespace gtn
