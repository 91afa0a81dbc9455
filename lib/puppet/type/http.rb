# frozen_string_literal: true

require 'puppet/parameter/boolean'
require_relative '../../puppet_x/webhook/absolute_path'
require_relative '../../puppet_x/webhook/http_resource'
require_relative '../../puppet_x/webhook/probe'
require_relative '../../puppet_x/webhook/seconds'
require_relative '../../puppet_x/webhook/statuses'
require_relative '../../puppet_x/webhook/told_by_provider'

Puppet::Type.newtype(:http) do
  include PuppetX::Webhook::HttpResource

  desc <<~DOC
    @summary Sends an HTTP request when it is due, once, and knows that it arrived.

    A request is due when it has not yet succeeded from this node, or when it has changed since, or
    when the resource is refreshed. What was sent is remembered on the node by digests, so that the
    next run asks nobody.

    @example A request, sent once
      http { 'the_route':
        ensure => get,
        fqdn   => 'your.domain.com',
        port   => 6969,
      }

    @example Data as JSON, sent again whenever it changes
      http { 'my_api':
        ensure => post,
        fqdn   => 'your.domain.com',
        port   => 6969,
        data   => { 'my_key' => 'some_value', 'workers' => 4 },
      }

    @example Read, compare, act, verify
      http { 'https://lb.example.com/backends/web1':
        ensure   => put,
        data     => { 'state' => 'up' },
        unless   => { 'json' => { 'state' => 'up' } },
        verify   => true,
        if_match => true,
      }

    @example Remove what is there
      http { 'https://lb.example.com/backends/web9':
        ensure => delete,
        onlyif => { 'status' => 200 },
      }

    **Autorequires:** the files of `creates`, `client_cert`, `client_key`, `ca_file` and `netrc`
    that are file resources, and the package of Node.
  DOC

  newproperty(:ensure) do
    include PuppetX::Webhook::ToldByProvider

    desc <<~DOC
      The method, by default `get`. `get` and `head` have no body. `get`, `head`, `options`, `put`
      and `delete` are tried again when they fail in passing; `post` and `patch` only where the
      request has surely not left this node, or with an `idempotency_key`.
    DOC

    %i[get post put patch delete head options].each do |verb|
      newvalue(verb) { provider.deliver }
    end
    defaultto :get

    def retrieve
      provider.due? ? :due : should
    end

    def should_to_s(_should)
      provider.call
    end
  end

  newparam(:name, namevar: true) do
    desc 'The `route`, unless that is set; or the whole `url`.'
  end

  newparam(:route) do
    desc 'The path, as text: what a URL has to encode is encoded. By default the title.'
  end

  newparam(:fqdn) do
    desc 'The name or address of the server.'
  end

  newparam(:port) do
    desc "The server's port; by default 80, or 443 with `tls`."

    validate do |value|
      next if value.to_s =~ /\A\d{1,5}\z/ && value.to_i.between?(1, 65_535)

      raise ArgumentError, "port must be a number from 1 to 65535, not '#{value}'"
    end
    munge(&:to_i)
  end

  newparam(:tls, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc 'Whether to use https.'
  end

  newparam(:url) do
    desc 'The whole URL, instead of `route`, `fqdn`, `port` and `tls`. It is used as it is written.'
  end

  newparam(:query) do
    desc 'A Hash of what is added to the URL after the `?`; a list is added once for each value.'

    validate do |value|
      raise ArgumentError, 'query must be a Hash' unless value.is_a?(Hash)
    end
  end

  newparam(:data) do
    desc <<~DOC
      What is sent. A Hash or an Array is sent as JSON, in which numbers stay numbers, or as a form
      where the content type is `application/x-www-form-urlencoded` or `multipart/form-data`. A
      String is sent as it is. What in it is Sensitive appears in no message.
    DOC

    validate do |value|
      next if [Hash, Array, String].any? { |kind| value.is_a?(kind) }

      raise ArgumentError, "data must be a Hash, an Array or a String, not '#{value}'"
    end
  end

  newparam(:header) do
    desc <<~DOC
      The content type, such as `application/json`, or a Hash of headers. Without it, a Hash or an
      Array is `application/json`, and a String `text/plain`.
    DOC

    validate do |value|
      next if value.is_a?(String) || value.is_a?(Hash)

      raise ArgumentError, 'header must be a content type or a Hash of headers'
    end
  end

  newparam(:send) do
    desc <<~DOC
      When to send: `changed` (the default) once, and again when method, URL, headers or data have
      changed, and when refreshed; `always`, in each run; `refreshed`, only then. A new password or
      token by itself is no change. A refresh that had no success is made up for in the next run.
    DOC

    newvalues(:changed, :always, :refreshed)
  end

  newparam(:refreshonly, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc '`true` is `send => refreshed`, as exec spells it.'
  end

  newparam(:creates, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'A file that comes of the request: it is sent while that is missing, and not after.'
  end

  newparam(:onlyif, parent: PuppetX::Webhook::Probe) do
    desc <<~DOC
      A probe that must hold, or nothing is sent. A probe is a Hash: `url` or `route` (by default
      those of the resource), `method` (`get`, `head` or `options`), and what its answer must be:
      `status`, by default any of 2xx; `json`, which must be contained in it; `header`, a Hash; and
      `body`, a text that it contains. An answer that tells nothing, such as 403 or 500, fails the
      resource. It is asked in noop, too.
    DOC
  end

  newparam(:unless, parent: PuppetX::Webhook::Probe) do
    desc <<~DOC
      A probe, as in `onlyif`, of what the request is to bring about: while it holds nothing is
      sent, and as soon as it does not, the request is due, whatever was sent before.
    DOC
  end

  newparam(:verify, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc 'Whether `unless` is asked again after sending, and must hold then.'
  end

  newparam(:if_match, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc <<~DOC
      Whether to send the ETag that `unless` was answered with as If-Match, so that nobody's change
      is overwritten; where nothing was there, as `If-None-Match: *`. After a 412 it is read once
      more.
    DOC
  end

  newparam(:status, parent: PuppetX::Webhook::Statuses) do
    desc 'The status, or several, that mean success; by default any of 2xx.'
  end

  newparam(:expect) do
    desc <<~DOC
      What the answer, as JSON, must contain: an object may have more keys, a list more elements in
      any order.
    DOC
  end

  newparam(:poll, parent: PuppetX::Webhook::Seconds) do
    desc <<~DOC
      After a 202, ask the URL of its Operation-Location or Location every so many seconds, until
      `expect` holds, or without it until the answer is no 202, or until `total_timeout` is over.
    DOC
  end

  newparam(:retries) do
    desc <<~DOC
      How often to try again after a failure that may pass: no connection, 408, 429, 5xx; by
      default 3.
    DOC

    validate do |value|
      next if value.to_s =~ /\A\d{1,3}\z/

      raise ArgumentError, "retries must be a number, not '#{value}'"
    end
    munge(&:to_i)
  end

  newparam(:retry_delay, parent: PuppetX::Webhook::Seconds) do
    desc <<~DOC
      Seconds before the second attempt, by default 1, doubled before each other; Retry-After goes
      before.
    DOC
  end

  newparam(:timeout, parent: PuppetX::Webhook::Seconds) do
    desc 'Seconds that one attempt may take, by default 30.'
  end

  newparam(:total_timeout, parent: PuppetX::Webhook::Seconds) do
    desc 'Seconds that all attempts, pauses and polling may take together, by default 300.'
  end

  newparam(:idempotency_key) do
    desc <<~DOC
      `true` for a key of its own for each intent, or a text. It is on disk before anything is sent,
      so that a run which was cut off is followed by one that sends the same key. With it, `post`
      and `patch` are tried again as the others; 409 means that the first is still under way.
    DOC

    validate do |value|
      next if value.to_s =~ /\A[!-~]+\z/

      raise ArgumentError, 'idempotency_key must be true, or a text of visible ASCII characters'
    end
    munge { |value| %w[true false].include?(value.to_s) ? value.to_s == 'true' : value.to_s }
  end

  newparam(:idempotency_header) do
    desc 'The header that carries the `idempotency_key`, by default `Idempotency-Key`.'
  end

  newparam(:bearer_token) do
    desc 'The token to authenticate with; may be Sensitive, as every secret here.'
  end

  newparam(:user) do
    desc 'The user to authenticate as, by Basic authentication.'
  end

  newparam(:password) do
    desc 'The password of `user`.'
  end

  newparam(:netrc) do
    desc "Takes user and password from a .netrc: `true` for that of Puppet's user, or its path."

    validate do |value|
      next if value.to_s =~ %r{\A(true|false|/.+)\z}

      raise ArgumentError, "netrc must be true or an absolute path, not '#{value}'"
    end
    munge { |value| %w[true false].include?(value.to_s) ? value.to_s == 'true' : value }
  end

  newparam(:client_cert, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'The file of the certificate to show to the server.'
  end

  newparam(:client_key, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'The file of the key of `client_cert`.'
  end

  newparam(:ca_file, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'A file of certificates to trust for the server, instead of those that Node knows.'
  end

  newparam(:puppet_ssl, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc <<~DOC
      Whether to show the agent's own certificate, and to trust Puppet's CA unless `ca_file` is set.
    DOC
  end

  newparam(:signature) do
    desc <<~DOC
      Signs the body with `secret`, as GitHub (`github`), Bitbucket (`bitbucket`) or by Standard
      Webhooks (`standard`).
    DOC

    newvalues(:github, :bitbucket, :standard)
  end

  newparam(:secret) do
    desc 'The secret of `signature`.'
  end

  newparam(:proxy) do
    desc 'The URL of a proxy; by default that of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.'

    validate do |value|
      next if value.to_s =~ %r{\Ahttps?://[^/\s?#]+/?\z}

      raise ArgumentError, 'proxy must be a URL such as http://proxy.example.com:3128'
    end
  end

  newparam(:unix_socket, parent: PuppetX::Webhook::AbsolutePath) do
    desc 'A socket to send to, instead of the host and port.'
  end

  newparam(:follow_redirects, boolean: true, parent: Puppet::Parameter::Boolean) do
    desc <<~DOC
      Whether redirects are followed; credentials and headers of your own do not go to another
      origin.
    DOC
  end

  PuppetX::Webhook::HttpResource.requirements(self)

  validate { check_attributes }

  def refresh
    provider.refresh
  end
end
