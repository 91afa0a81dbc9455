# frozen_string_literal: true

require_relative '../../../puppet_x/webhook/helped'

Puppet::Type.type(:http).provide(:node) do
  desc 'Asks the helper process, one question a verb.'

  include PuppetX::Webhook::Helped
  self::HELPER = 'http'

  # The request that is to be sent, and why, once `due?` was asked.
  def call
    @state['call']
  end

  def due?
    @state = ask('check', 'noop' => resource.noop?)
    @state['due']
  end

  def deliver
    @message = ask('send')['message']
  end

  def refresh
    sent = ask('refresh')
    resource.notice(sent['message']) if sent
  end
end
