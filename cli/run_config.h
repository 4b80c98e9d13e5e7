// The configuration of a run: one struct, and with it the TOML file, the --set keys and their help.
#pragma once

#include "gtn/teacher/meta_trainer.h"

namespace gtn {

struct ValidationConfig {
  int64_t every = 100;
  int64_t learners = 3;
  int64_t images = 2000;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("every", self.every, "meta-iterations between two looks at the validation split (0: none)", at_least(0));
    field("learners", self.learners, "fresh learners taught at each look", at_least(1));
    field("images", self.images, "validation images each is judged on", at_least(1));
  }
};

struct RunConfig {
  std::string dataset = "fashion_mnist";
  int64_t seed = 1;
  int64_t labelled = 0;
  MetaConfig meta;
  ValidationConfig validation;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("dataset", self.dataset, "fashion_mnist, mnist, or a folder with the four IDX files");
    field("seed", self.seed, "everything random follows from it", at_least(0));
    field("labelled", self.labelled,
          "judge learners on so many labelled training images alone (0: on all); the others lend their images",
          at_least(0));
    MetaConfig::visit(self.meta, field);
    field("validation", self.validation, "looks at the validation split while the teacher is learned");
  }
};

}  // namespace gtn
