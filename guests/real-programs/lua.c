// Lua: its interpreter runs work.lua, which calls its function `round` with 0, 1, 2, ...
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bench/programs/program.h"

static const char work[] =
#include "work.inc"
    ;

int main(int argc, char** argv) {
  lua_State* state = luaL_newstate();
  if (!state) return 1;
  luaL_openlibs(state);
  if (luaL_dostring(state, work)) {
    fprintf(stderr, "%s\n", lua_tostring(state, -1));
    return 1;
  }
  uint32_t sum = 0;
  for (unsigned round = 0; round < rounds_wanted(argc, argv); ++round) {
    lua_getglobal(state, "round");
    lua_pushinteger(state, round);
    if (lua_pcall(state, 1, 1, 0)) {
      fprintf(stderr, "%s\n", lua_tostring(state, -1));
      return 1;
    }
    sum = fold(sum, (uint32_t)lua_tointeger(state, -1));
    lua_pop(state, 1);
  }
  lua_close(state);
  return finish(sum);
}
