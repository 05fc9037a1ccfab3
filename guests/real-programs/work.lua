-- What the benchmark `lua` runs: calls, tables, closures, strings and methods. Integers only.
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end

local function random(seed)
  return function(limit)
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % limit
  end
end

local function sorted(next)
  local list = {}
  for n = 1, 400 do list[n] = next(100000) end
  table.sort(list, function(a, b) return a > b end)
  local sum = 0
  for n, value in ipairs(list) do sum = (sum * 31 + n * value) & 0xffffffff end
  return sum
end

local function words(next)
  local parts, count = {}, {}
  for n = 1, 200 do parts[n] = "w" .. next(50) end
  for word in table.concat(parts, " "):gmatch("%a%d+") do count[word] = (count[word] or 0) + 1 end
  local sum = 0
  for n = 0, 49 do sum = sum * 7 + (count["w" .. n] or 0) end
  return sum & 0xffffffff
end

local Tree = {}
Tree.__index = Tree
function Tree.new(depth)
  if depth == 0 then return setmetatable({}, Tree) end
  return setmetatable({left = Tree.new(depth - 1), right = Tree.new(depth - 1)}, Tree)
end
function Tree:count()
  if not self.left then return 1 end
  return 1 + self.left:count() + self.right:count()
end

function round(number)
  local next = random(number + 1)
  return (fib(15) + sorted(next) * 3 + words(next) * 5 + Tree.new(8):count()) & 0xffffffff
end
