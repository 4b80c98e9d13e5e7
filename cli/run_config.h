// The configuration of a run: one struct, and with it the TOML file, the --set keys and their help.
#pragma once

#include "gtn/data/augment.h"
#include "gtn/data/data_config.h"
#include "gtn/teacher/meta_trainer.h"
#include "gtn/unroll/experts.h"

namespace gtn {

// What is done to every image, real ones and those that a learner is judged on.
enum class Preprocessing {
  standard,  // standardised, channel by channel
  zca,       // and whitened then
};

constexpr auto names_of(Preprocessing) {
  return std::to_array<std::pair<Preprocessing, std::string_view>>(
      {{Preprocessing::standard, "standard"}, {Preprocessing::zca, "zca"}});
}

struct ValidationConfig {
  int64_t every = 100;
  int64_t learners = 3;
  int64_t images = 2000;
  std::string learner;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("every", self.every, "meta-iterations between two looks at the validation split (0: none)", at_least(0));
    field("learners", self.learners, "fresh learners taught at each look", at_least(1));
    field("images", self.images, "validation images each is judged on", at_least(1));
    field("learner", self.learner, "preset, text or @FILE of these learners (empty: drawn from the population)");
  }
};

// Networks trained on real data first, whose soft labels the teacher's learners are judged by beside the true ones.
struct DistillationConfig {
  ExpertConfig ensemble{.count = 0};
  std::string learner;
  double temperature = 1;
  double weight = 0.5;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    ExpertConfig::visit(self.ensemble, field);
    field("learner", self.learner,
          "a preset, a learner text or @FILE with one; empty: the first of population.fixed, or a widest and deepest "
          "one of its lists");
    field("temperature", self.temperature, "its answers are softmax(logits / temperature)", positive());
    field("weight", self.weight,
          "real images are labelled (1 - weight) times their class, weight times the experts' mean answer",
          between(0, 1));
  }
};

struct RunConfig {
  std::string dataset = "fashion_mnist";
  DataConfig data;
  int64_t seed = 1;
  int64_t labelled = 0;
  std::string start;
  Preprocessing preprocessing = Preprocessing::standard;
  AugmentConfig augment;
  DistillationConfig experts;
  MetaConfig meta;
  ValidationConfig validation;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("dataset", self.dataset,
          "fashion_mnist, mnist, cifar10, or own data: a folder with a folder of PNG and JPEG files for each class, a "
          ".npz "
          "or .csv file, IDX files");
    field("seed", self.seed, "everything random follows from it", at_least(0));
    field("labelled", self.labelled,
          "judge learners on so many labelled training images alone (0: on all); the others lend their images",
          at_least(0));
    field("start", self.start,
          "a run or teacher file of the same data, steps and batch, whose teacher this one starts from (empty: none)");
    field("preprocessing", self.preprocessing, "standard: standardised channel by channel; zca: whitened besides");
    MetaConfig::visit(self.meta, field);
    field("data", self.data, "own pictures and tables: how they are read and split");
    field("augment", self.augment, "random changes of the real images that judge a learner while it is taught");
    field("experts", self.experts, "networks whose soft labels of real images judge a learner beside the true ones");
    field("validation", self.validation, "looks at the validation split while the teacher is learned");
  }
};

}  // namespace gtn
