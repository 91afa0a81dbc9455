# frozen_string_literal: true

require 'spec_helper'

describe 'owner and group' do
  def property(name, value)
    Puppet::Type.type(:s3).new(title: '/a', source: '/b/k', name => value).parameter(name)
  end

  it 'are names or numbers' do
    daemon = Etc.getpwnam('daemon')
    expect(property(:owner, 'daemon').number).to eq(daemon.uid)
    expect(property(:group, 'daemon').number).to eq(Etc.getgrnam('daemon').gid)
    expect(property(:owner, '12345').number).to eq(12_345)
    expect(property(:group, 12_345).number).to eq(12_345)
  end

  it 'are compared by number' do
    expect(property(:owner, 'root').insync?(0)).to be(true)
    expect(property(:group, '0').insync?(0)).to be(true)
    expect(property(:owner, 'daemon').insync?(0)).to be(false)
    expect(property(:owner, 'root').insync?('other on 3 files')).to be(false)
  end

  it 'are told by name, or by number where there is none' do
    expect(property(:owner, 'root').is_to_s(Etc.getpwnam('daemon').uid)).to eq("'daemon'")
    expect(property(:group, 'root').is_to_s(4_000_123)).to eq("'4000123'")
    expect(property(:owner, 'root').is_to_s('other on 3 files')).to eq('other on 3 files')
  end

  it 'may name an account that another resource of the run makes' do
    missing = property(:owner, 'nobody-here')
    expect(missing.number).to be_nil
    expect(missing.insync?(0)).to be(false)
  end

  it 'fail with what to do where the account is still missing in the end' do
    expect { property(:owner, 'nobody-here').set('nobody-here') }
      .to raise_error(Puppet::Error,
                      /user 'nobody-here' does not exist: declare it, or correct owner/)
    expect { property(:group, 'nobody-here').set('nobody-here') }
      .to raise_error(Puppet::Error, /group 'nobody-here' does not exist: .* correct group/)
  end
end
