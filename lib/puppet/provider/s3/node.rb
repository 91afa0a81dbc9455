# frozen_string_literal: true

require_relative '../../../puppet_x/webhook/helped'
require_relative '../../../puppet_x/webhook/s3_resource'

Puppet::Type.type(:s3).provide(:node) do
  desc 'Asks the helper process, one question a verb.'

  include PuppetX::Webhook::Helped
  self::HELPER = 's3'

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
end
