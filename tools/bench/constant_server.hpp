// Servers that give everybody the same small answer at once: how fast HTTP alone can be here.
#pragma once

namespace muster::bench {

// Boost.Beast with nothing around it, and our own edge. They print a line that ends in ":<port>"
// and serve on two threads until SIGTERM.
int serve_constant_by_beast();
int serve_constant_by_edge();

}  // namespace muster::bench
