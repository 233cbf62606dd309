require 'date'
require 'fileutils'
require 'set'

def an_object
  Digdag.env.store(fine: 1, thing: Object.new)
end

def a_set
  Digdag.env.export(seen: Set.new([1]))
end

def a_date
  Digdag.env.store(day: Date.new(2024, 1, 2), name: :symbol)
end

def a_loop
  list = []
  list << list
  Digdag.env.store(deep: { list: list })
end

def some_bytes
  Digdag.env.store(raw: "\xff\xfe".b)
end

def latin
  Digdag.env.store(drink: "caf\xe9".dup.force_encoding('ISO-8859-1'))
end

def deep
  deep = {}
  300.times { deep = { 'a' => deep } }
  Digdag.env.store(deep: deep)
  puts 'deep'
  Digdag.env.store_params.clear
end

def object_subtask
  Digdag.env.add_subtask(:an_object, thing: Object.new)
end

def moves
  Dir.chdir('/')
  Digdag.env.store(a: 1)
end

def deletes
  FileUtils.rm_rf('.digdag')
end

def leaves_garbage
  File.write(ARGV[2], '{garbage')
  exit!(0)
end

def closes
  $stdout.close
  $stderr.close
  raise 'boom'
end

class Silent < StandardError
  def message
    raise 'no text'
  end
end

def silent
  raise Silent
end

def long_text
  raise "begin#{'x' * 5_000_000}end"
end

def recurses
  recurses
end
