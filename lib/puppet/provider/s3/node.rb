# frozen_string_literal: true

require_relative '../../../puppet_x/webhook/helper'
require_relative '../../../puppet_x/webhook/s3_resource'

Puppet::Type.type(:s3).provide(:node) do
  desc 'Asks the helper process, one question a verb.'

  class << self
    # Hands all resources over at once: what S3 must be asked is asked ahead, in parallel. It never
    # raises, as that would fail every resource of the type; each fails by itself in its turn.
    def prefetch(resources)
      due = resources.values.select { |resource| tagged?(resource) && known?(resource) }
      return if due.empty?

      helper.ask(due.first, 'prefetch', told(due))
    rescue StandardError => e
      Puppet.debug("s3: nothing is asked ahead: #{e.message}")
    end

    def post_resource_eval
      helper.stop
    end

    def helper
      PuppetX::Webhook::Helper.for('s3')
    end

    private

    def told(resources)
      { 'resources' => resources.map(&:to_wire),
        'noop' => resources.select(&:noop?).map(&:target) }
    end

    # Puppet prefetches also for what --tags leaves out.
    def tagged?(resource)
      tags = Puppet[:tags].split(/\s*,\s*/)
      tags.empty? || resource.tagged?(*tags)
    end

    def known?(resource)
      resource.parameters.each_value.none? do |parameter|
        PuppetX::Webhook::S3Resource.deferred?(parameter.value)
      end
    end
  end

  # What the last change was, as the report tells it.
  attr_reader :message

  def ensure
    @state = ask('check', 'noop' => resource.noop?)
    @state['ensure'].to_sym
  end

  # Nothing where the file is to be removed: what is in it does not matter then.
  def content
    @state['content']&.values_at('is', 'should')
  end

  def content_in_sync?
    @state['content']['in_sync']
  end

  def owner
    @state['owner']
  end

  def group
    @state['group']
  end

  def mode
    @state['mode']
  end

  def apply
    resource.check_accounts
    @message = ask('apply')['message']
  end

  def remove
    @message = ask('remove')['message']
  end

  def set_attributes
    resource.check_accounts
    ask('set_attributes')
  end

  private

  def ask(method, params = {})
    self.class.helper.ask(resource, method, params.merge('resource' => resource.to_wire))
  end
end
