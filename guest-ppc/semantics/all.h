// The semantics of every instruction of the table: sem::ID(emitter, insn) for each row ID of
// instructions.inc.
#pragma once

#include "guest-ppc/semantics/branch.h"
#include "guest-ppc/semantics/float.h"
#include "guest-ppc/semantics/integer.h"
#include "guest-ppc/semantics/memory.h"
#include "guest-ppc/semantics/system.h"
#include "guest-ppc/semantics/vector.h"
