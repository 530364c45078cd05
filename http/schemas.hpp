// What the interface answers with, and the types that bodies share: the named components of its
// description. The tests hold every answer that they see against them.
#pragma once

#include "http/schema.hpp"

namespace muster::http {

// "#/components/schemas", by name. Closed: an object has the members that stand here and no others.
Schema component_schemas();

// {"items", "next", "total"?} with rows of this component.
Schema page_of(std::string_view component);

}  // namespace muster::http
