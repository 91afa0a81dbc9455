# frozen_string_literal: true

require_relative 'node'

module PuppetX
  module Webhook
    # What s3 and s3file have in common as resources: secrets, checks across attributes, what they
    # require, and how they are told to the helper.
    module S3Resource
      SECRETS = %i[access_key_id secret_access_key session_token sse_customer_key].freeze
      FOR_ONE_OBJECT = %i[version_id checksum validate_cmd extract creates cleanup].freeze
      FOR_PREFIX = %i[purge max_purge allow_empty include exclude].freeze
      # What the helper is told by itself, or does not need.
      NOT_SENT = %i[provider content owner group name loglevel].freeze

      # All in one block, for resources may be given as such: a block of its own for packages would
      # make Puppet load every provider of packages, even where the catalog has none.
      def self.requirements(type)
        type.autorequire(:file) do
          files = directories.map { |path| nearest_file(path) } << self[:ca_file]
          files.compact + accounts + [Node.package(catalog)].compact
        end
      end

      # Puppet redacts only properties by itself, and warns about parameters.
      def set_sensitive_parameters(names) # rubocop:disable Naming/AccessorMethodName
        parameters, properties = names.partition { |name| self.class.validparameter?(name) && !self.class.validproperty?(name) }
        parameters.each { |name| parameter(name).sensitive = true if parameter(name) }
        super(properties)
      end

      # The attributes that are set, as the helper wants them.
      def to_wire
        wire = { 'path' => target, 'ensure' => self[:ensure].to_s }
        wire['source'] = object if object
        parameters.each do |name, parameter|
          next if parameter.metaparam? || NOT_SENT.include?(name) || wire.key?(name.to_s)

          wire[name.to_s] = parameter.is_a?(Puppet::Property) ? parameter.should : parameter.value
        end
        %i[owner group].each do |name|
          number = parameter(name)&.number
          wire[name.to_s] = number if number
        end
        wire
      end

      def check_attributes
        raise Puppet::Error, 'source is needed, unless ensure is absent' if object.nil? && self[:ensure] != :absent

        needs(:secret_access_key, :access_key_id)
        needs(:access_key_id, :secret_access_key)
        needs(:session_token, :access_key_id)
        needs(:external_id, :role_arn)
        needs(:creates, :extract)
        needs(:cleanup, :extract)
        needs(:max_purge, :purge)
        excludes(%i[anonymous], %i[access_key_id profile role_arn])
        excludes(%i[access_key_id], %i[profile])
        check_kind
      end

      private

      def check_kind
        if prefix?
          given(FOR_ONE_OBJECT) { |name| raise Puppet::Error, "#{name} is for a single object; source is a prefix" }
        elsif object
          given(FOR_PREFIX) { |name| raise Puppet::Error, "#{name} is for a prefix; end source with /" }
        end
      end

      def needs(name, other)
        return if self[name].nil? || self[name] == false || !self[other].nil?

        raise Puppet::Error, "#{name} needs #{other}"
      end

      def excludes(names, others)
        return if names.none? { |name| self[name] }

        given(others) { |name| raise Puppet::Error, "#{names.first} and #{name} cannot both be set" }
      end

      def given(names)
        names.each { |name| yield name if self[name] }
      end

      def accounts
        { user: should(:owner), group: should(:group) }.filter_map do |type, name|
          catalog.resource(type, name) if name
        end
      end

      def directories
        [File.dirname(target), self[:extract]].compact
      end

      def nearest_file(path)
        path = File.dirname(path) until path == '/' || catalog.resource(:file, path)
        path
      end
    end
  end
end
