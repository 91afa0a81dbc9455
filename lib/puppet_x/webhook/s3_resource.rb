# frozen_string_literal: true

require_relative 'account_property'
require_relative 'checks'
require_relative 'declared'
require_relative 'node'
require_relative 'sensitive_parameters'

module PuppetX
  module Webhook
    # What s3 and s3file have in common as resources: secrets, checks across attributes, what they
    # require, and how they are told to the helper.
    module S3Resource
      include Checks
      include SensitiveParameters

      FOR_ONE_OBJECT = %i[version_id checksum validate_cmd extract creates cleanup].freeze
      FOR_PREFIX = %i[purge max_purge allow_empty include exclude].freeze
      NEEDS = [
        %i[secret_access_key access_key_id], %i[access_key_id secret_access_key],
        %i[session_token access_key_id], %i[external_id role_arn],
        %i[creates extract], %i[cleanup extract]
      ].freeze
      # What the helper is told otherwise, or does not need.
      NOT_SENT = %i[provider content name path target source ensure].freeze

      # All in one block, for resources may be given as such: a block of its own for packages would
      # make Puppet load every provider of packages, even where the catalog has none.
      def self.requirements(type)
        type.autorequire(:file) do
          files = directories.map { |path| nearest_file(path) } << known(:ca_file)
          files.compact + accounts + [Node.package(catalog)].compact
        end
      end

      # With preprocess_deferred off, as in Puppet 8, a Deferred has its value only in its turn.
      def self.deferred?(value)
        defined?(Puppet::Pops::Evaluator::DeferredValue) &&
          value.is_a?(Puppet::Pops::Evaluator::DeferredValue)
      end

      # The attributes that are set, as the helper wants them.
      def to_wire
        wire = { 'path' => target, 'ensure' => self[:ensure].to_s, 'source' => object,
                 'declared' => declared }
        parameters.each do |name, parameter|
          next if parameter.metaparam? || NOT_SENT.include?(name)

          wire[name.to_s] = wire_value(parameter)
        end
        wire.compact
      end

      # What of the disk is this resource's: the path of its file, or a directory, with a / at its
      # end, for all that is in it.
      def claims
        [prefix? ? "#{target}/" : target, self[:extract] && "#{self[:extract]}/"].compact
      end

      # Another resource of this run may make an account, so that it is needed only for a change.
      def check_accounts
        %i[owner group].each { |name| parameter(name)&.check_account }
      end

      def check_attributes
        if object.nil? && self[:ensure] != :absent
          raise Puppet::Error, 'source is needed, unless ensure is absent'
        end

        NEEDS.each { |name, other| needs(name, other) }
        excludes(:anonymous, %i[access_key_id profile role_arn])
        excludes(:access_key_id, %i[profile])
        check_kind
        return unless self[:version_id] && pattern?

        raise Puppet::Error, 'version_id is for the one object that source names; this source ' \
                             'stands for whichever has the greatest version'
      end

      private

      # Looked for once, as each question to the helper has it, and a catalog may be large.
      def declared
        return unless prefix? && self[:purge] && catalog

        @declared ||= Declared.below(target, catalog)
        @declared unless @declared.empty?
      end

      def wire_value(parameter)
        case parameter
        when AccountProperty then parameter.number
        when Puppet::Property then parameter.should
        else parameter.value
        end
      end

      def check_kind
        return unless object

        names = prefix? ? FOR_ONE_OBJECT : FOR_PREFIX
        given(names) do |name|
          raise Puppet::Error, "#{name} is for a single object, and source is a prefix" if prefix?

          raise Puppet::Error, "#{name} is for a prefix; end source with /"
        end
      end

      # What is required is settled before any turn comes: by the values there are by then.
      def known(name)
        self[name] unless S3Resource.deferred?(self[name])
      end

      def accounts
        { user: known(:owner), group: known(:group) }.compact.map do |type, name|
          catalog.resource(type, name)
        end.compact
      end

      def directories
        [(place unless S3Resource.deferred?(target)), known(:extract)].compact
      end

      def place
        prefix? ? target : File.dirname(target)
      end

      def nearest_file(path)
        path = File.dirname(path) until path == '/' || catalog.resource(:file, path)
        path
      end
    end
  end
end
