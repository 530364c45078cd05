// One evolve for all aggregates: an event is applied to the aggregates that it concerns. A missing
// `apply` is a compile error that names the pair.
#pragma once

#include "events/event.hpp"

namespace muster {

struct Account;
struct Attempts;
struct EmailHolder;
struct LegacyRecord;
struct Mail;
struct Session;
struct Settings;
struct Staff;
struct Ticket;
struct User;

// Functions and no template here: going through every kind of event is compiled once an aggregate.
void evolve(Account& state, const Event& event);
void evolve(Attempts& state, const Event& event);
void evolve(EmailHolder& state, const Event& event);
void evolve(LegacyRecord& state, const Event& event);
void evolve(Mail& state, const Event& event);
void evolve(Session& state, const Event& event);
void evolve(Settings& state, const Event& event);
void evolve(Staff& state, const Event& event);
void evolve(Ticket& state, const Event& event);
void evolve(User& state, const Event& event);

}  // namespace muster
