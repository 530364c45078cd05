// Walking the fields that a struct lists once, by type and by value. From the list follow an
// event's streams, its stored form, its JSON and which aggregates must know it.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

namespace muster {

template <class... T>
struct FieldTypes {
    template <class Field>
    FieldTypes<T..., std::remove_const_t<Field>> operator()(std::string_view, Field&) const;
};
template <class Struct>
using FieldTypesOf = decltype(Struct::fields(std::declval<Struct&>(), FieldTypes<>{}));

template <class T>
concept Listed = requires { typename FieldTypesOf<T>; };

// Calls visit(name, value) for each field in order.
template <class Visit>
struct ForEach {
    Visit& visit;
    const ForEach& operator()(std::string_view name, auto& value) const {
        visit(name, value);
        return *this;
    }
};

template <class Struct, class Visit>
constexpr void for_each_field(Struct& value, Visit&& visit) {
    std::remove_const_t<Struct>::fields(value, ForEach<std::remove_reference_t<Visit>>{visit});
}

}  // namespace muster
