# frozen_string_literal: true

require 'json'
require_relative 'checks'
require_relative 'node'
require_relative 'plain_value'
require_relative 'sensitive_parameters'

module PuppetX
  module Webhook
    # What makes an http resource whole: checks across attributes, and how the helper is told.
    module HttpResource
      include Checks
      include SensitiveParameters

      WITHOUT_BODY = %i[get head].freeze
      NEEDS = [
        %i[client_cert client_key], %i[client_key client_cert], %i[password user],
        %i[signature secret], %i[secret signature], %i[verify unless], %i[if_match unless]
      ].freeze
      EXCLUDES = {
        url: %i[route fqdn port tls], bearer_token: %i[user netrc], user: %i[netrc],
        puppet_ssl: %i[client_cert], unix_socket: %i[proxy], refreshonly: %i[send]
      }.freeze
      # What the helper is told otherwise, or does not need.
      NOT_SENT = %i[provider name ensure url route send refreshonly data].freeze

      # All in one block, for resources may be given as such: a block of its own for packages would
      # make Puppet load every provider of packages, even where the catalog has none.
      def self.requirements(type)
        type.autorequire(:file) do
          named = %i[creates client_cert client_key ca_file netrc].map { |name| self[name] }
          named.grep(String) + [Node.package(catalog)].compact
        end
      end

      # The attributes that are set, as the helper wants them.
      def to_wire
        secrets = []
        wire = { 'title' => title, 'ensure' => self[:ensure].to_s, 'send' => sending.to_s,
                 'data' => data(secrets) }
        attributes.each { |name, value| wire[name.to_s] = revealed(value, secrets) }
        wire.merge(place, certificates, 'secrets' => secrets).compact
      end

      def check_attributes
        raise Puppet::Error, 'fqdn or url is needed' unless whole_url || self[:fqdn]

        check_body
        NEEDS.each { |name, other| needs(name, other) }
        EXCLUDES.each { |name, others| excludes(name, others) }
        check_title
      end

      private

      def check_body
        return unless self[:data] && WITHOUT_BODY.include?(self[:ensure])

        raise Puppet::Error, "#{self[:ensure]} has no body: put data into query, " \
                             'or use another ensure'
      end

      # A title may be the whole URL, too; beside a route it is but a name.
      def whole_url
        self[:url] || (self[:name] if self[:name] =~ %r{\Ahttps?://}i && !self[:route])
      end

      def check_title
        return if self[:url] || !whole_url

        given(%i[fqdn port tls]) do |name|
          raise Puppet::Error, "#{name} and a title that is a URL cannot both be set"
        end
      end

      def place
        url = whole_url
        url ? { 'url' => url } : { 'route' => self[:route] || self[:name] }
      end

      def sending
        return :refreshed if self[:refreshonly]

        self[:send] || :changed
      end

      # Those of the agent, by which a Puppet server and its neighbours know it.
      def certificates
        return {} unless self[:puppet_ssl]

        { 'client_cert' => Puppet[:hostcert], 'client_key' => Puppet[:hostprivkey],
          'ca_file' => self[:ca_file] || Puppet[:localcacert] }
      end

      def attributes
        parameters.reject { |name, value| value.metaparam? || NOT_SENT.include?(name) }
      end

      def revealed(parameter, secrets)
        plain = PlainValue.new(parameter.value, sensitive: parameter.sensitive)
        secrets.concat(plain.secrets)
        plain.value
      end

      # JSON is written here, where numbers are still those of Puppet.
      def data(secrets)
        return unless self[:data]

        value = revealed(parameter(:data), secrets)
        value.is_a?(String) ? { 'text' => value } : { 'json' => JSON.generate(value) }
      end
    end
  end
end
