// Compiled once for each instruction set, with GTN_TABLE as the name of its table.
#include "gtn/kernels/chain_kernels.h"
#include "gtn/kernels/few_kernels.h"
#include "gtn/kernels/winograd_kernels.h"

#define GTN_TEXT_OF(name) #name
#define GTN_TEXT(name) GTN_TEXT_OF(name)

namespace gtn::kernels {

extern const Table GTN_TABLE;
const Table GTN_TABLE{GTN_TEXT(GTN_TABLE),
                      chain_forward,
                      chain_backward,
                      affine_backward,
                      moments,
                      few_forward,
                      few_backward_data,
                      few_backward_weight,
                      winograd_weight,
                      winograd_forward,
                      winograd_backward_weight,
                      winograd_weight_gradient};

}  // namespace gtn::kernels
