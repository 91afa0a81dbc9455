# frozen_string_literal: true

describe 'Webhook::Absolutepath' do
  it { is_expected.to allow_values('/', '/usr/bin/node', '/opt/node 22/bin/node', '/opt/nöde') }
  it { is_expected.not_to allow_values('', 'node', './node', '~/node', 'C:/', "/a\nb", "x\n/a") }
  it { is_expected.not_to allow_values(nil, 7, ['/a']) }
end
