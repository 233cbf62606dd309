# Runs the method of an rb> task: runner.rb COMMAND INPUT OUTPUT [FEATURE]

require 'json'

module DigdagEnv
  PARAMS = JSON.parse(File.read(ARGV[1], encoding: 'UTF-8'))['params']
  SUBTASK_CONFIG = {}
  EXPORT_PARAMS = {}
  STORE_PARAMS = {}
  STATE_PARAMS = {}
end

# The values that tasks give back. JSON itself makes texts of whatever has no
# better form, such as "#<Object:0x00007f3a>", which are of no use to anybody.
module DigdagValues
  MAX_DEPTH = 1000

  class << self
    def generate(value)
      check(value, 0)
      JSON.generate(value, max_nesting: MAX_DEPTH)
    end

    private

    def check(value, depth)
      raise ArgumentError, "nested deeper than #{MAX_DEPTH} levels; does it contain itself?" if depth > MAX_DEPTH

      case value
      when Hash
        value.each do |key, item|
          text(key.to_s)
          check(item, depth + 1)
        end
      when Array then value.each { |item| check(item, depth + 1) }
      when String then text(value)
      when Numeric, Symbol, true, false, nil then nil
      else
        raise TypeError, "an object of the class #{value.class} has no form in JSON" if formless?(value)
      end
    end

    def text(value)
      return if value.encoding != Encoding::BINARY && value.encode('UTF-8').valid_encoding?
      return if value.encoding == Encoding::BINARY && value.dup.force_encoding('UTF-8').valid_encoding?

      raise ArgumentError, "a text that is no #{value.encoding == Encoding::BINARY ? 'UTF-8' : value.encoding}"
    end

    def formless?(value)
      value.method(:to_json).owner == JSON.generator::GeneratorMethods::Object && value.to_s.start_with?('#<')
    end
  end
end

module Digdag
  class Env
    attr_reader :origins
    attr_reader :params, :subtask_config, :export_params, :store_params, :state_params

    def initialize
      @params = DigdagEnv::PARAMS
      @subtask_config = DigdagEnv::SUBTASK_CONFIG
      @export_params = DigdagEnv::EXPORT_PARAMS
      @store_params = DigdagEnv::STORE_PARAMS
      @state_params = DigdagEnv::STATE_PARAMS
      @subtask_index = 0
      @origins = {}
    end

    def set_state(params = {}, **named)
      @state_params.merge!(params, named)
      nil
    end

    def export(params = {}, **named)
      update(:export, @export_params, params, named)
    end

    def store(params = {}, **named)
      update(:store, @store_params, params, named)
    end

    # add_subtask(params), add_subtask(method, params = {}),
    # add_subtask(class, method, params = {})
    def add_subtask(*args)
      config = subtask_of(args)
      begin
        DigdagValues.generate(config)
      rescue StandardError, SystemStackError => e
        raise ArgumentError, "Parameters must be serializable using JSON: #{e.message}"
      end
      @subtask_config["+subtask#{@subtask_index}"] = config
      @subtask_index += 1
      nil
    end

    private

    # Keys are texts, so that a key given as a symbol replaces itself.
    def update(verb, target, params, named)
      origin = caller_locations(2, 1).first.to_s
      [params, named].each do |values|
        values.each do |key, value|
          target[key.to_s] = value
          @origins[[verb, key.to_s]] = origin
        end
      end
      nil
    end

    def subtask_of(args)
      return args[0] if args.length == 1 && args[0].is_a?(Hash)

      params = args.length > 1 && args.last.is_a?(Hash) ? args.last : {}
      names = args.last.is_a?(Hash) ? args[0...-1] : args
      case names.length
      when 1
        params.merge('rb>' => method_name(names[0]))
      when 2
        params.merge('rb>' => class_method(names[0], names[1]))
      else
        raise ArgumentError, "wrong number of arguments (#{args.length} for 1..3 with the last argument is a Hash)"
      end
    end

    def method_name(name)
      raise ArgumentError, "Second argument must be a Symbol but got #{name.inspect}" unless name.respond_to?(:to_sym)
      raise ArgumentError, "Method name can't include '.'" if name.to_s.include?('.')

      name.to_s
    end

    def class_method(owner, name)
      name = method_name(name)
      if owner.is_a?(Module)
        class_name = owner.name
      elsif owner.respond_to?(:to_sym)
        class_name = owner.to_s
      else
        raise ArgumentError, "First argument must be a Class or Symbol but got #{owner.inspect}"
      end
      begin
        found = Object.const_get(class_name)
      rescue NameError
        raise ArgumentError, "Could not find class named #{class_name}"
      end
      unless found.respond_to?(name) || found.is_a?(Class) && found.public_method_defined?(name)
        raise ArgumentError, "Class #{found} does not have method #{name.to_sym.inspect}"
      end

      "::#{found}.#{name}"
    end
  end

  ENVIRONMENT = Env.new
  private_constant :ENVIRONMENT

  def self.env
    ENVIRONMENT
  end
end

module DigdagRunner
  # LONGEST bounds texts, and MOST the lines of a backtrace, that are handed back.
  LONGEST = 16_000
  MOST = 200

  class << self
    def main(command, out_file, features)
      # The task may change its folder.
      out_file = File.expand_path(out_file)
      $LOAD_PATH << Dir.pwd
      $stdout.sync = true
      error = attempt do
        features.each { |feature| require feature }
        run(command)
      end
      text, error = encode if error.nil?
      text = JSON.generate('error' => error) unless error.nil?
      File.write(out_file, text, encoding: 'UTF-8')
      return if error.nil?

      say(error)
      exit 1
    end

    private

    def attempt
      yield
      nil
    rescue SystemExit => e
      describe(e, "exit was called with the code #{e.status}")
    rescue Exception => e # whatever stops the method is told
      describe(e, text_of(e))
    end

    # The message without what error highlighting adds.
    def text_of(error)
      text = error.respond_to?(:original_message) ? error.original_message : error.message
      text.to_s.encode('UTF-8', invalid: :replace, undef: :replace).scrub
    rescue StandardError
      'an exception without a text'
    end

    def describe(error, message)
      lines = (error.backtrace || []).reject { |line| line.start_with?(__FILE__) }
      if lines.length > MOST
        half = MOST / 2
        lines = lines.first(half) + ["... (#{lines.length - MOST} lines) ..."] + lines.last(half)
      end
      { 'class' => error.class.to_s, 'message' => cut(message), 'backtrace' => lines.map { |line| cut(line) } }
    end

    def cut(text)
      return text if text.length <= LONGEST

      half = LONGEST / 2
      "#{text[0, half]} ... (#{text.length - LONGEST} characters) ... #{text[-half..-1]}"
    end

    def say(error)
      $stderr.puts "#{error['message']} (#{error['class']})", error['backtrace'].map { |line| "\tfrom #{line}" }
    rescue StandardError
      nil # the task has closed it
    end

    def run(command)
      *names, method = command.split('.')
      if names.empty?
        return invoke(TOPLEVEL_BINDING.receiver, method.to_sym, "'#{method}'")
      end

      owner = Object.const_get(names.join('.').sub(/\A::/, ''))
      method = method.to_sym
      unless owner.is_a?(Class) && owner.public_instance_methods.include?(method)
        return invoke(owner, method, "'#{owner}.#{method}'")
      end

      invoke(construct(owner), method, "'#{owner}##{method}'")
    end

    def construct(owner)
      parameters = owner.method(:new).parameters
      # The usual new hands everything to initialize.
      parameters = owner.instance_method(:initialize).parameters if parameters == [[:rest]]
      positional, keywords = arguments(parameters, "'#{owner}.new'")
      keywords.empty? ? owner.new(*positional) : owner.new(*positional, **keywords)
    end

    def invoke(receiver, method, title)
      positional, keywords = arguments(receiver.method(method).parameters, title)
      keywords.empty? ? receiver.send(method, *positional) : receiver.send(method, *positional, **keywords)
    end

    def arguments(parameters, title)
      params = DigdagEnv::PARAMS
      positional = []
      keywords = {}
      left_out = nil
      parameters.each do |kind, name|
        given = !name.nil? && params.key?(name.to_s)
        if !given && %i[req keyreq].include?(kind)
          raise ArgumentError, "Method #{title} requires parameter '#{name}' but not set"
        end

        case kind
        when :req
          positional << params[name.to_s]
        when :opt
          if given && left_out
            raise ArgumentError, "Method #{title} can't be given the optional parameter '#{name}' without '#{left_out}' before it; " \
                                 'make them keyword parameters'
          end
          given ? positional << params[name.to_s] : left_out ||= name
        when :keyreq, :key
          keywords[name] = params[name.to_s] if given
        when :keyrest
          keywords = symbolize(params).merge(keywords)
        end
      end
      [positional, keywords]
    end

    def symbolize(hash)
      hash.each_with_object({}) do |(key, value), built|
        built[key.to_sym] = value.is_a?(Hash) ? symbolize(value) : value
      end
    end

    # Returns what the task gave back as JSON, or the error that it is none.
    def encode
      sections = {
        'export_params' => DigdagEnv::EXPORT_PARAMS,
        'store_params' => DigdagEnv::STORE_PARAMS,
        'subtask_config' => DigdagEnv::SUBTASK_CONFIG
      }
      [DigdagValues.generate(sections), nil]
    rescue StandardError, SystemStackError => e
      [nil, culprit(sections) || describe(e, "What the task gave back is no JSON: #{text_of(e)}")]
    end

    def culprit(sections)
      sections.zip(%i[export store add_subtask]).each do |(_, values), verb|
        values.each do |key, value|
          error = attempt { DigdagValues.generate(key => value) }
          next if error.nil?

          error['message'] = "The value of '#{key}' given to Digdag.env.#{verb} is no JSON: #{error['message']}"
          error['backtrace'] = [Digdag.env.origins[[verb, key.to_s]]].compact
          return error
        end
      end
      nil
    end
  end
end

DigdagRunner.main(ARGV[0], ARGV[2], ARGV[3..-1])
