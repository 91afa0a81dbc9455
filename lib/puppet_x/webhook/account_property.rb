# frozen_string_literal: true

module PuppetX
  module Webhook
    # An owner or a group: Puppet knows its name, the helper its number.
    class AccountProperty < Puppet::Property
      # Nil where there is no such account yet: another resource of this run may make it.
      def number
        Integer(should, exception: false) || lookup(should)
      end

      def check_account
        return if number

        raise Puppet::Error, "#{kind} '#{should}' does not exist: declare it, or correct #{name}"
      end

      def insync?(current)
        return true unless Puppet.features.root?

        current == number
      end

      def set(_value)
        provider.set_attributes
      end

      def is_to_s(current) # rubocop:disable Naming/PredicateName
        current.is_a?(Integer) ? super(name_of(current)) : current.to_s
      end
    end

    # The account that owns a file.
    class UserProperty < AccountProperty
      def kind
        'user'
      end

      def lookup(account)
        Puppet::Util.uid(account)
      end

      def name_of(number)
        Etc.getpwuid(number).name
      rescue ArgumentError
        number.to_s
      end
    end

    # The group a file belongs to.
    class GroupProperty < AccountProperty
      def kind
        'group'
      end

      def lookup(account)
        Puppet::Util.gid(account)
      end

      def name_of(number)
        Etc.getgrgid(number).name
      rescue ArgumentError
        number.to_s
      end
    end
  end
end
