# Runs the method of an rb> task: runner.rb COMMAND INPUT OUTPUT [FEATURE]

require 'json'

module DigdagEnv
  PARAMS = JSON.parse(File.read(ARGV[1], encoding: 'UTF-8'))['params']
  SUBTASK_CONFIG = {}
  EXPORT_PARAMS = {}
  STORE_PARAMS = {}
  STATE_PARAMS = {}
end

module Digdag
  class Env
    attr_reader :params, :subtask_config, :export_params, :store_params, :state_params

    def initialize
      @params = DigdagEnv::PARAMS
      @subtask_config = DigdagEnv::SUBTASK_CONFIG
      @export_params = DigdagEnv::EXPORT_PARAMS
      @store_params = DigdagEnv::STORE_PARAMS
      @state_params = DigdagEnv::STATE_PARAMS
      @subtask_index = 0
    end

    def set_state(params = {}, **named)
      @state_params.merge!(params, named)
      nil
    end

    def export(params = {}, **named)
      update(@export_params, params, named)
    end

    def store(params = {}, **named)
      update(@store_params, params, named)
    end

    # add_subtask(params), add_subtask(method, params = {}),
    # add_subtask(class, method, params = {})
    def add_subtask(*args)
      config = subtask_of(args)
      begin
        JSON.generate(config)
      rescue StandardError => e
        raise ArgumentError, "Parameters must be serializable using JSON: #{e.message}"
      end
      @subtask_config["+subtask#{@subtask_index}"] = config
      @subtask_index += 1
      nil
    end

    private

    # Keys are texts, so that a key given as a symbol replaces itself.
    def update(target, params, named)
      [params, named].each { |values| values.each { |key, value| target[key.to_s] = value } }
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
  class << self
    def main(command, out_file, features)
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

      $stderr.puts "#{error['message']} (#{error['class']})", error['backtrace'].map { |line| "\tfrom #{line}" }
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
      text.encode('UTF-8', invalid: :replace, undef: :replace)
    end

    def describe(error, message)
      lines = (error.backtrace || []).reject { |line| line.start_with?(__FILE__) }
      { 'class' => error.class.to_s, 'message' => message, 'backtrace' => lines }
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
        'subtask_config' => DigdagEnv::SUBTASK_CONFIG,
        'export_params' => DigdagEnv::EXPORT_PARAMS,
        'store_params' => DigdagEnv::STORE_PARAMS
      }
      [JSON.generate(sections), nil]
    rescue StandardError
      sections.each do |section, values|
        values.each do |key, value|
          error = attempt { JSON.generate(key => value) }
          next if error.nil?

          error['message'] = "The value of '#{key}' in #{section} is no JSON: #{error['message']}"
          error['backtrace'] = []
          return [nil, error]
        end
      end
      [nil, { 'class' => 'TypeError', 'message' => 'What the task gave back is no JSON', 'backtrace' => [] }]
    end
  end
end

DigdagRunner.main(ARGV[0], ARGV[2], ARGV[3..-1])
