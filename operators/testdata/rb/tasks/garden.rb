require 'set'

def plain
  puts 'plain'
end

def water(plant, litres = 1, can = 'green')
  puts "#{plant} #{litres.inspect} #{can}"
end

def keywords(plant:, litres: 1)
  puts "#{plant} #{litres}"
end

def mixed(plant, rows = 2, *rest, soil:, **all)
  puts "#{plant} #{rows} #{rest.inspect} #{soil} #{all[:plant]} #{all[:map].inspect}"
end

def fails
  Digdag.env.store(lost: 1)
  raise DryError, "too dry: é"
end

class DryError < StandardError
end

def stores
  Digdag.env.store(a: 1, m: { 'x' => nil })
  Digdag.env.store({ 'b' => [1, 2.5] })
  Digdag.env.store('a' => 2, 'text' => "é\u2028")
  Digdag.env.export(e: 'x')
  Digdag.env.set_state(s: 1)
end

def subtasks
  Digdag.env.subtask_config['_parallel'] = true
  Digdag.env.add_subtask(:plain)
  Digdag.env.add_subtask(:water, 'plant' => 'rose')
  Digdag.env.add_subtask(Garden::Plot, :sow, plant: 'tulip', rows: 3)
  Digdag.env.add_subtask(:'Garden::Tool', :describe)
  Digdag.env.add_subtask({ '_type' => 'mail', 'to' => ['me@example.com'] })
end

def bad_class
  Digdag.env.add_subtask(:Nowhere, :x)
end

def bad_method
  Digdag.env.add_subtask(Garden::Plot, :fly)
end

def nan
  Digdag.env.store(fine: 1, ratio: Float::NAN)
end

def leave(code)
  exit code
end

def vanish
  exit! 0
end

def not_implemented
  raise NotImplementedError, 'later'
end

def environment
  puts "#{File.basename(Dir.pwd)} #{ENV['TOKEN']} #{ENV['a'].inspect}"
  warn 'to stderr'
end

module Garden
  module Tool
    def self.describe(plant, tool = 'spade')
      puts "#{tool} for #{plant}"
    end
  end

  class Plot
    def initialize(size, soil = 'clay')
      @size = size
      @soil = soil
    end

    def self.count
      puts 'class method'
    end

    def sow(plant, rows = 4)
      puts "#{plant} #{rows} #{@size} #{@soil}"
    end
  end

  class Keyed
    def initialize(size:)
      @size = size
    end

    def show
      puts @size
    end
  end
end
