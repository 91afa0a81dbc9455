# frozen_string_literal: true

require 'spec_helper'

describe 'how a change is told' do
  let(:told) { resource.property(:content).change_to_s('"old"', '"new"') }
  let(:resource) do
    Puppet::Type.type(:s3).new(path: '/srv/a', source: '/bucket/a', noop: noop)
  end

  before { allow(resource.provider).to receive(:message).and_return("content 'a' to 'b'") }

  context 'when it was made' do
    let(:noop) { false }

    it 'is told by the provider' do
      expect(told).to eq("content 'a' to 'b'")
    end
  end

  context 'when it was only planned' do
    let(:noop) { true }

    it 'is what is and what should be' do
      expect(told).to eq(%q(current_value '"old"', should be '"new"'))
    end
  end
end
