// The network around the cells of a space of cells.
#pragma once

#include "gtn/core/config_fields.h"

namespace gtn {

// NAS-Bench-201 has width 16 and 5 cells; these suit two cores.
struct CellSpaceConfig {
  int64_t width = 8;
  int64_t cells = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("width", self.width, "channels of the first stage; they double twice", between(1, 1024));
    field("cells", self.cells, "cells in each of the three stages", between(1, 1024));
  }
};

}  // namespace gtn
